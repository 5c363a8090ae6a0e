# shellcheck shell=bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# A minimal Debian 12 in a folder, for check-bare and check-deb. Sourced by root, in a mount namespace
# of its own, at the top of the source.
#
#   bare_make          makes it in the folder $root, with /proc and /dev, packages to be had as here
#   bare_devices ROOT  mounts /proc and a small /dev in ROOT
#
# The base system and the packages are kept in build/bare, so that only the first run is slow.

bare_make() {
    local suite=bookworm base sources mirror dir=/mnt

    mkdir -p build/bare/archives/partial
    # debootstrap knows no folders with spaces; in this namespace the folder has a plain name too.
    mount --bind build/bare $dir
    root=$dir/root
    base=$dir/base-$suite.tar

    # Where this machine gets its Debian from, the bare one does too: "URI SUITE" a line.
    # shellcheck disable=SC2016
    sources=$(apt-get indextargets --format '$(ORIGIN)|$(REPO_URI) $(SUITE) $(CODENAME) $(RELEASE)' \
        'Created-By: Packages' 2> /dev/null |
        sed -n 's/^Debian|//p' | awk -v c="$suite" 'index($3, c) == 1 { print $1, $3 }' | sort -u)
    mirror=$(awk -v c="$suite" '$2 == c { print $1; exit }' <<< "$sources")

    if [ ! -s "$base" ]; then
        echo "Making a minimal Debian ($suite)"
        rm -rf "$root"
        if ! debootstrap --variant=minbase --include=make,ca-certificates \
            "$suite" "$root" ${mirror:+"$mirror"} > "$dir/debootstrap.log" 2>&1; then
            tail -n 20 "$dir/debootstrap.log" >&2
            exit 1
        fi
        # In a container debootstrap leaves a link to the machine's own /proc.
        rm -f "$root/proc" 2> /dev/null || true
        mkdir -p "$root/proc"
        tar -C "$root" -cf "$base.new" --exclude=./proc/* --exclude=./sys/* \
            --exclude=./var/cache/apt/archives/*.deb .
        mv "$base.new" "$base"
    fi
    rm -rf "$root"
    mkdir -p "$root"
    tar -C "$root" -xpf "$base"

    # As this machine reaches its packages, so does the bare one.
    if [ -n "$sources" ]; then
        awk '{ print "deb", $1, $2, "main" }' <<< "$sources" > "$root/etc/apt/sources.list"
    fi
    apt-config dump | grep -E '^Acquire::(Check-|http|https|Retries|ForceIPv)' |
        grep -v '::Proxy ""' > "$root/etc/apt/apt.conf.d/90host" || true
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
    printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d" # no service starts in a chroot
    chmod 755 "$root/usr/sbin/policy-rc.d"
    bare_devices "$root"
    mount --bind "$dir/archives" "$root/var/cache/apt/archives"
}

bare_devices() { # ROOT
    local node

    mount -t proc proc "$1/proc"
    mount -t tmpfs -o mode=755 tmpfs "$1/dev"
    for node in null zero full random urandom tty; do
        : > "$1/dev/$node"
        mount --bind "/dev/$node" "$1/dev/$node"
    done
    ln -s /proc/self/fd "$1/dev/fd"
    ln -s fd/0 "$1/dev/stdin"
    ln -s fd/1 "$1/dev/stdout"
    ln -s fd/2 "$1/dev/stderr"
    mkdir "$1/dev/pts" "$1/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$1/dev/pts"
    ln -s pts/ptmx "$1/dev/ptmx"
    mount -t tmpfs -o mode=1777 tmpfs "$1/dev/shm"
}
