#!/usr/bin/env bash
# A throw-away CA (ca.crt; its key is gone afterwards) and a server certificate (server.crt, server.key)
# for names and addresses, all in FOLDER.
#
#   certificate.sh FOLDER NAME...
set -euo pipefail

cd "$1"; shift
names=""
for name in "$@"; do
    case "$name" in
        *[!0-9.]*) names+="${names:+,}DNS:$name" ;;
        *) names+="${names:+,}IP:$name" ;;
    esac
done
printf 'basicConstraints=critical,CA:FALSE\nsubjectAltName=%s\nextendedKeyUsage=serverAuth\nauthorityKeyIdentifier=keyid\n' \
    "$names" >extensions
{
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=throw-away CA" \
        -addext "keyUsage=critical,keyCertSign" -keyout ca.key -out ca.crt
    openssl req -newkey rsa:2048 -nodes -subj "/CN=$1" -keyout server.key -out server.csr
    openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile extensions -out server.crt
} 2>openssl.log || { cat openssl.log >&2; exit 1; }
rm -f ca.key ca.srl server.csr extensions openssl.log
