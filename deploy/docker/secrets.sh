#!/usr/bin/env bash
# Puts every password where its service reads it: the one from the environment, else a random one, made once and kept.
#
#   secrets.sh FOLDER/NAME=VARIABLE…
#
# A folder is a volume that only the services of that password mount.
set -euo pipefail

for pair in "$@"; do
  file="${pair%%=*}"
  variable="${pair#*=}"
  given="${!variable:-}"
  if [ -n "$given" ]; then
    printf '%s' "$given" >"${file}.new"
  elif [ -s "$file" ]; then
    continue
  else
    head -c 24 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n' >"${file}.new"
  fi
  # Their users differ from image to image; who may read it is decided by who mounts the volume.
  chmod 0444 "${file}.new"
  mv "${file}.new" "$file"
done
