#!/usr/bin/env bash
# Installs what is missing on a Debian machine, and nothing else.
#   deploy/setup.sh run    what building and running the gateway needs
#   deploy/setup.sh test   the terminals, browsers and tools of the tests too
#   deploy/setup.sh bench  the relays that the benchmark compares with
set -euo pipefail

run=(gcc:gcc libc6-dev:file=/usr/include/stdio.h pkg-config:pkg-config openssl:openssl ca-certificates:update-ca-certificates
     libopus-dev:pc=opus libavcodec-dev:pc=libavcodec libavutil-dev:pc=libavutil libswscale-dev:pc=libswscale
     libvpx-dev:pc=vpx libbcg729-dev:file=/usr/include/bcg729/decoder.h
     fonts-noto-core:file=/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf)
test=(chromium:chromium ffmpeg:ffmpeg baresip-core:baresip baresip-ffmpeg:file=/usr/lib/baresip/modules/avcodec.so sip-tester:sipp kamailio:kamailio janus:janus tshark:tshark
      iproute2:ip curl:curl jq:jq nodejs:node erlang-base:erlc erlang-asn1:glob=/usr/lib/erlang/lib/asn1-*
      postgresql:glob=/usr/lib/postgresql/*/bin/initdb espeak-ng:espeak-ng)

bench=(rtpengine-daemon:rtpengine janus:janus iproute2:ip)

present() { # what shows that a package is there: a command, a pkg-config module, a file or files by pattern
  case $1 in
    pc=*) command -v pkg-config >/dev/null && pkg-config --exists "${1#pc=}" ;;
    file=*) test -e "${1#file=}" ;;
    glob=*) compgen -G "${1#glob=}" >/dev/null ;;
    *) command -v "$1" >/dev/null || test -x "/usr/sbin/$1" -o -x "/sbin/$1" ;;
  esac
}

wanted=("${run[@]}")
case ${1:-run} in
  run) ;;
  test) wanted+=("${test[@]}") ;;
  bench) wanted+=("${bench[@]}") ;;
  *) echo "usage: $0 run|test|bench" >&2; exit 2 ;;
esac

missing=()
for w in "${wanted[@]}"; do
  present "${w#*:}" || missing+=("${w%%:*}")
done
[ ${#missing[@]} -eq 0 ] && exit 0

command -v apt-get >/dev/null || {
  echo "These packages are missing and apt-get is not here to install them: ${missing[*]}" >&2
  exit 1
}
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "As root: apt-get install ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
echo "Installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
case " ${missing[*]} " in # tests run their own; Debian's would sit on the gateway's port 5060
  *" kamailio "*) ! command -v systemctl >/dev/null || "${as_root[@]}" systemctl disable --now kamailio >/dev/null 2>&1 || true ;;
esac
