#!/bin/bash
# get.sh PORT PATH WORD: whether the answer to a GET from this port of loopback has the word in it. The images have no curl.
exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$2" >&3
grep -q "$3" <&3
