#!/usr/bin/env bash
# Runs a command in an unpacked image as a container engine would with `--read-only --cap-drop ALL --user …`.
#
#   unshare --mount inside.sh ROOT UID GID WORKDIR VOLUMES [NAME=VALUE…] COMMAND…
#
# Nothing but /tmp and the volumes (separated by colons; empty, with the owner and mode the image gives them) can be written to.
# Every step replaces the one before, so the process that was started is the command itself.
set -euo pipefail

root="$1" uid="$2" gid="$3" workdir="$4" volumes="$5"
shift 5

# An engine gives its own pipes to the user, who may open /dev/stdout and /dev/stderr by name.
exec > >(exec cat) 2>&1
chown "$uid" /proc/self/fd/1

mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
IFS=:
for volume in $volumes; do
  mount -t tmpfs -o "$(stat --format 'uid=%u,gid=%g,mode=%a' "$root$volume")" tmpfs "$root$volume"
done
mount -o remount,bind,ro "$root"
exec chroot "$root" setpriv --reuid "$uid" --regid "$gid" --clear-groups --bounding-set=-all --inh-caps=-all --no-new-privs \
  env --ignore-environment --chdir="$workdir" "$@"
