#!/usr/bin/env bash
# Keycloak on loopback from Maven Central, with one realm. Starting twice is fine.
#
#   keycloak.sh start | stop | status | token USER [CLIENT]
#
# The realm has alice (group team-a) and bob (team-b); the password is the name.
# Client `fakes3pp` (public, password grant): audience fakes3pp, claim `groups`. Client
# `other`: audience other, which no gateway should take.
#
# Environment (all optional):
#   KC_DIR      state and logs  (target/e2e/keycloak)
#   KC_PORT     plain http      (8180)
#   KC_REALM    name            (demo)
#   KC_VERSION                  (26.4.0)
#   KC_TOKEN_SECONDS  life of an access token (3600)
set -euo pipefail

self=$(realpath "${BASH_SOURCE[0]}")
cd "$(dirname "$self")/.."
KC_DIR=${KC_DIR:-$PWD/target/e2e/keycloak}
KC_PORT=${KC_PORT:-8180}
KC_REALM=${KC_REALM:-demo}
KC_VERSION=${KC_VERSION:-26.4.0}
KC_TOKEN_SECONDS=${KC_TOKEN_SECONDS:-3600}
HOME_DIR=$KC_DIR/keycloak-$KC_VERSION
ISSUER=http://127.0.0.1:$KC_PORT/realms/$KC_REALM
PID=$KC_DIR/pid
LOG=$KC_DIR/log

die() { echo "keycloak.sh: $*" >&2; exit 1; }

packages() {
    local missing=() tool
    for tool in java mvn unzip curl; do command -v "$tool" >/dev/null || missing+=("$tool"); done
    [ ${#missing[@]} = 0 ] && return
    local install="apt-get install --no-install-recommends openjdk-17-jre-headless maven unzip curl"
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null \
        || die "missing ${missing[*]}: on Debian or Ubuntu, $install"
    echo "keycloak.sh: installing ${missing[*]} from Debian's packages"
    { apt-get update && DEBIAN_FRONTEND=noninteractive $install -y; } >"$KC_DIR/apt.log" 2>&1 </dev/null \
        || { tail -5 "$KC_DIR/apt.log" >&2; die "the packages could not be installed, see $KC_DIR/apt.log"; }
}

distribution() {
    [ -x "$HOME_DIR/bin/kc.sh" ] && return
    local zip=$KC_DIR/keycloak-quarkus-dist-$KC_VERSION.zip
    echo "keycloak.sh: fetching Keycloak $KC_VERSION from Maven Central"
    mvn -q -B dependency:copy -Dartifact="org.keycloak:keycloak-quarkus-dist:$KC_VERSION:zip" \
        -DoutputDirectory="$KC_DIR" >"$KC_DIR/mvn.log" 2>&1 </dev/null \
        || { tail -5 "$KC_DIR/mvn.log" >&2; die "Keycloak $KC_VERSION could not be had, see $KC_DIR/mvn.log"; }
    # Unpacked beside its place and moved there whole, so that a half unpacked one is never used.
    rm -rf "$KC_DIR/unpack" "$HOME_DIR"
    unzip -q "$zip" -d "$KC_DIR/unpack"
    mv "$KC_DIR/unpack/keycloak-$KC_VERSION" "$HOME_DIR"
    rm -rf "$KC_DIR/unpack" "$zip"
}

# NAME TEAM
person() {
    cat <<JSON
{ "username": "$1", "enabled": true, "emailVerified": true, "email": "$1@example.org",
  "firstName": "$1", "lastName": "Example", "groups": [ "/team-$2" ],
  "credentials": [ { "type": "password", "value": "$1", "temporary": false } ] }
JSON
}

# NAME: a public client with the password grant, whose access tokens have that audience.
client() {
    cat <<JSON
{ "clientId": "$1", "enabled": true, "publicClient": true, "directAccessGrantsEnabled": true,
  "standardFlowEnabled": true, "redirectUris": [ "http://127.0.0.1:*", "http://localhost:*" ],
  "protocolMappers": [
    { "name": "audience", "protocol": "openid-connect", "protocolMapper": "oidc-audience-mapper",
      "config": { "included.custom.audience": "$1", "access.token.claim": "true", "id.token.claim": "false" } },
    { "name": "groups", "protocol": "openid-connect", "protocolMapper": "oidc-group-membership-mapper",
      "config": { "claim.name": "groups", "full.path": "false", "access.token.claim": "true", "id.token.claim": "true" } } ] }
JSON
}

realm() {
    mkdir -p "$HOME_DIR/data/import"
    cat >"$HOME_DIR/data/import/$KC_REALM-realm.json" <<JSON
{ "realm": "$KC_REALM", "enabled": true, "accessTokenLifespan": $KC_TOKEN_SECONDS,
  "groups": [ { "name": "team-a" }, { "name": "team-b" } ],
  "users": [ $(person alice a), $(person bob b) ],
  "clients": [ $(client fakes3pp), $(client other) ] }
JSON
}

alive() { [ -s "$PID" ] && [ -r "/proc/$(cat "$PID")/cmdline" ] && tr '\0' ' ' <"/proc/$(cat "$PID")/cmdline" | grep -qF -- "$HOME_DIR"; }
answers() { curl -sf -m 2 -o /dev/null "$ISSUER/.well-known/openid-configuration"; }

start() {
    mkdir -p "$KC_DIR"
    packages
    if alive && answers; then echo "already running: $ISSUER"; return; fi
    curl -s -m 2 -o /dev/null "http://127.0.0.1:$KC_PORT/" && die "port $KC_PORT is taken by another server; set KC_PORT"
    stop >/dev/null
    distribution
    # The import is skipped for a realm that is there already: start from nothing each time.
    rm -rf "$HOME_DIR/data"
    realm
    JAVA_OPTS_KC_HEAP="-Xms64m -Xmx512m" setsid "$HOME_DIR/bin/kc.sh" start-dev --import-realm \
        --http-host=127.0.0.1 --http-port="$KC_PORT" >"$LOG" 2>&1 </dev/null &
    echo $! >"$PID"
    for _ in $(seq 300); do
        answers && { echo "ready: $ISSUER"; return; }
        alive || break
        sleep 1
    done
    tail -20 "$LOG" >&2
    die "Keycloak did not start, see $LOG"
}

stop() {
    local pid
    if alive; then
        pid=$(cat "$PID")
        kill -TERM -- -"$pid" 2>/dev/null || true
        for _ in $(seq 100); do kill -0 -- -"$pid" 2>/dev/null || break; sleep 0.1; done
        kill -KILL -- -"$pid" 2>/dev/null || true
    fi
    rm -f "$PID"
    echo stopped
}

# USER [CLIENT]
token() {
    curl -sf -m 20 -d grant_type=password -d scope=openid -d client_id="${2:-fakes3pp}" -d username="$1" -d password="$1" \
        "$ISSUER/protocol/openid-connect/token" | sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p'
}

case "${1:-}" in
    start) start ;;
    stop) stop ;;
    status) alive && answers && echo "ready: $ISSUER" || { echo "not running"; exit 3; } ;;
    token) shift; token "$@" ;;
    *) sed -n '2,16s/^# \{0,1\}//p' "$self"; exit 2 ;;
esac
