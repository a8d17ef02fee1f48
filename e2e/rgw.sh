#!/usr/bin/env bash
# A Ceph RADOS Gateway on loopback from Debian's packages, without systemd: one monitor, one OSD in
# memory, one radosgw. Nothing outlives `stop`. Starting twice is fine.
#
#   rgw.sh start | stop | status | env
#   rgw.sh user UID ACCESS_KEY SECRET_KEY [CAPABILITIES]    one more user, unless there is one
#
# Environment (all optional):
#   RGW_DIR                             state and logs                    (target/e2e/rgw)
#   RGW_PORT                            plain http                        (7480)
#   RGW_TLS_PORT                        https, CA in RGW_DIR/ca.crt; 0: off (7443)
#   RGW_MON_PORT                        monitor; the OSD takes +11..+90   (7589)
#   RGW_SIZE                            bytes of the store                (4 GiB)
#   RGW_DNS_NAME                        domain of virtual-host requests   (s3.localhost)
#   RGW_ACCESS_KEY, RGW_SECRET_KEY      user `main`
#   RGW_ALT_ACCESS_KEY, RGW_ALT_SECRET_KEY  user `alt`
#   RGW_EXTRA_CONF                      file with more lines for its section [client]
#   RGW_RESPAWN                         1: radosgw is started again when a request ends it (0)
set -euo pipefail

self=$(realpath "${BASH_SOURCE[0]}")
cd "$(dirname "$self")/.."
RGW_DIR=${RGW_DIR:-$PWD/target/e2e/rgw}
RGW_PORT=${RGW_PORT:-7480}
RGW_TLS_PORT=${RGW_TLS_PORT:-7443}
RGW_MON_PORT=${RGW_MON_PORT:-7589}
RGW_SIZE=${RGW_SIZE:-4294967296}
RGW_DNS_NAME=${RGW_DNS_NAME:-s3.localhost}
RGW_ACCESS_KEY=${RGW_ACCESS_KEY:-RGWMAINACCESSKEY0000}
RGW_SECRET_KEY=${RGW_SECRET_KEY:-rgw-main-secret-key-of-the-end-to-end-test}
RGW_ALT_ACCESS_KEY=${RGW_ALT_ACCESS_KEY:-RGWALTACCESSKEY00000}
RGW_ALT_SECRET_KEY=${RGW_ALT_SECRET_KEY:-rgw-alt-secret-key-of-the-end-to-end-test}
# The host name `localhost` would be read as a bucket name by radosgw: always the address.
HOST=127.0.0.1
CONF=$RGW_DIR/ceph.conf
LOG=$RGW_DIR/log
RUN=$RGW_DIR/run

die() { echo "rgw.sh: $*" >&2; exit 1; }

packages() {
    local missing=() tool
    for tool in ceph-mon ceph-osd radosgw radosgw-admin ceph monmaptool curl openssl; do
        command -v "$tool" >/dev/null || missing+=("$tool")
    done
    [ ${#missing[@]} = 0 ] && return
    local install="apt-get install --no-install-recommends radosgw ceph-mon ceph-osd ceph-common curl openssl"
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null \
        || die "missing ${missing[*]}: on Debian or Ubuntu, $install"
    echo "rgw.sh: installing Ceph from Debian's packages (missing: ${missing[*]})"
    mkdir -p "$RGW_DIR"
    { apt-get update && DEBIAN_FRONTEND=noninteractive $install -y; } >"$RGW_DIR/apt.log" 2>&1 </dev/null \
        || { tail -5 "$RGW_DIR/apt.log" >&2; die "the packages could not be installed, see $RGW_DIR/apt.log"; }
}

# NAME: whether the process that we recorded under that name still is ours.
alive() {
    local pid
    [ -s "$RUN/$1.pid" ] || return 1
    pid=$(cat "$RUN/$1.pid")
    [ -r "/proc/$pid/cmdline" ] && tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF -- "$CONF"
}

# NAME COMMAND...
spawn() {
    local name=$1; shift
    setsid "$@" -c "$CONF" -f >"$LOG/$name.out" 2>&1 </dev/null &
    echo $! >"$RUN/$name.pid"
}

# The same, started again whenever it ends, until `end`.
spawn_again() {
    local name=$1; shift
    setsid bash -c 'child=0; trap "kill -TERM \$child 2>/dev/null; wait \$child; exit 0" TERM
        while :; do "$@" -f & child=$!; wait $child; echo "ended with $?"; sleep 0.2; done' \
        again "$@" -c "$CONF" >"$LOG/$name.out" 2>&1 </dev/null &
    echo $! >"$RUN/$name.pid"
}

# NAME
end() {
    local pid
    if alive "$1"; then
        pid=$(cat "$RUN/$1.pid")
        kill -TERM "$pid" 2>/dev/null || true
        for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
        kill -KILL "$pid" 2>/dev/null || true
    fi
    rm -f "$RUN/$1.pid"
}

answers() { [ "$(curl -s -o /dev/null -m 2 -w '%{http_code}' "http://$HOST:$RGW_PORT/")" = 200 ]; }

configuration() {
    local tls="" fsid
    fsid=$(cat /proc/sys/kernel/random/uuid)
    if [ "$RGW_TLS_PORT" != 0 ]; then
        e2e/certificate.sh "$RGW_DIR" "$RGW_DNS_NAME" "*.$RGW_DNS_NAME" localhost $HOST
        cat "$RGW_DIR/server.crt" "$RGW_DIR/server.key" >"$RGW_DIR/tls.pem"
        tls=" ssl_endpoint=$HOST:$RGW_TLS_PORT ssl_certificate=$RGW_DIR/tls.pem ssl_private_key=$RGW_DIR/tls.pem"
    fi
    # Without cephx there is no session key, hence the crc modes: `secure` would refuse to start.
    cat >"$CONF" <<CONF
[global]
fsid = $fsid
mon initial members = a
mon host = [v2:$HOST:$RGW_MON_PORT/0]
public addr = $HOST
cluster addr = $HOST
ms bind ipv6 = false
ms bind port min = $((RGW_MON_PORT + 11))
ms bind port max = $((RGW_MON_PORT + 90))
auth cluster required = none
auth service required = none
auth client required = none
ms cluster mode = crc
ms service mode = crc
ms client mode = crc
ms mon cluster mode = crc
ms mon service mode = crc
ms mon client mode = crc
run dir = $RUN
pid file =
admin socket = $RUN/\$cluster-\$name.asok
log file = $LOG/\$name.log
log to stderr = false
err to stderr = true
mon cluster log file = $LOG/cluster.log
crash dir = $RGW_DIR/crash
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
mon warn on pool no redundancy = false
mon data avail crit = 1
mon data avail warn = 2

[mon]
mon data = $RGW_DIR/mon.\$id
paxos propose interval = 0.05

[osd]
osd data = $RGW_DIR/osd.\$id
osd objectstore = memstore
memstore device bytes = $RGW_SIZE
osd class load list = *
osd class default list = *
osd heartbeat grace = 60
osd scrub load threshold = 0.0

[client]
rgw frontends = beast endpoint=$HOST:$RGW_PORT$tls
rgw dns name = $RGW_DNS_NAME
rgw enable usage log = false
rgw enable ops log = false
rgw thread pool size = 64
rgw override bucket index max shards = 1
# deleted objects give their memory back within seconds, not hours
rgw gc obj min wait = 5
rgw gc processor period = 10
rgw gc processor max time = 10
CONF
    [ -z "${RGW_EXTRA_CONF:-}" ] || cat "$RGW_EXTRA_CONF" >>"$CONF"
}

cluster() { timeout 60 ceph -c "$CONF" --connect-timeout 30 "$@"; }

# UID ACCESS_KEY SECRET_KEY
user() {
    timeout 120 radosgw-admin -c "$CONF" user create --uid "$1" --display-name "$1" \
        --email "$1@example.com" --access-key "$2" --secret-key "$3" >/dev/null
}

start() {
    packages
    if alive rgw && answers; then echo "already running: http://$HOST:$RGW_PORT"; return; fi
    answers && die "port $RGW_PORT is taken by another server; set RGW_PORT"
    stop >/dev/null
    rm -rf "$RGW_DIR/mon.a" "$RGW_DIR/osd.0" "$RUN" "$LOG"
    mkdir -p "$RUN" "$LOG" "$RGW_DIR/crash" "$RGW_DIR/mon.a" "$RGW_DIR/osd.0"
    configuration

    monmaptool --create --clobber --fsid "$(sed -n 's/^fsid = //p' "$CONF")" --enable-all-features \
        --addv a "[v2:$HOST:$RGW_MON_PORT/0]" "$RGW_DIR/monmap" >/dev/null
    ceph-mon -c "$CONF" --mkfs -i a --monmap "$RGW_DIR/monmap" >"$LOG/mkfs-mon.out" 2>&1 \
        || die "the monitor could not be made, see $LOG/mkfs-mon.out"
    spawn mon.a ceph-mon -i a

    local uuid; uuid=$(cat /proc/sys/kernel/random/uuid)
    cluster osd new "$uuid" >/dev/null 2>"$LOG/osd-new.out" || die "$(cat "$LOG/osd-new.out")"
    ceph-osd -c "$CONF" -i 0 --mkfs --osd-uuid "$uuid" >"$LOG/mkfs-osd.out" 2>&1 \
        || die "the OSD could not be made, see $LOG/mkfs-osd.out"
    spawn osd.0 ceph-osd -i 0
    for _ in $(seq 150); do
        cluster osd stat 2>/dev/null | grep -q '1 up' && break
        alive osd.0 || die "the OSD ended, see $LOG/osd.0.out"
        sleep 0.2
    done

    if [ "${RGW_RESPAWN:-0}" = 1 ]; then spawn_again rgw radosgw -n client.rgw; else spawn rgw radosgw -n client.rgw; fi
    for _ in $(seq 300); do
        answers && break
        alive rgw || die "radosgw ended, see $LOG/rgw.out and $LOG/client.rgw.log"
        sleep 0.2
    done
    answers || die "radosgw does not answer on port $RGW_PORT, see $LOG/client.rgw.log"
    user main "$RGW_ACCESS_KEY" "$RGW_SECRET_KEY"
    user alt "$RGW_ALT_ACCESS_KEY" "$RGW_ALT_SECRET_KEY"
    echo "ready: http://$HOST:$RGW_PORT"
}

stop() {
    local name
    for name in rgw osd.0 mon.a; do end "$name"; done
    echo stopped
}

case "${1:-}" in
    start) start ;;
    stop) stop ;;
    user) shift
        timeout 120 radosgw-admin -c "$CONF" user info --uid "$1" >/dev/null 2>&1 || user "$1" "$2" "$3"
        [ -z "${4:-}" ] || timeout 120 radosgw-admin -c "$CONF" caps add --uid "$1" --caps "$4" >/dev/null ;;
    status) alive rgw && answers && echo "ready: http://$HOST:$RGW_PORT" || { echo "not running"; exit 3; } ;;
    env) cat <<ENV
export RGW_ENDPOINT=http://$HOST:$RGW_PORT RGW_DNS_NAME=$RGW_DNS_NAME
export RGW_TLS_ENDPOINT=https://$HOST:$RGW_TLS_PORT RGW_CA=$RGW_DIR/ca.crt
export RGW_ACCESS_KEY=$RGW_ACCESS_KEY RGW_SECRET_KEY=$RGW_SECRET_KEY
export RGW_ALT_ACCESS_KEY=$RGW_ALT_ACCESS_KEY RGW_ALT_SECRET_KEY=$RGW_ALT_SECRET_KEY
ENV
    ;;
    *) sed -n '2,18s/^# \{0,1\}//p' "$self"; exit 2 ;;
esac
