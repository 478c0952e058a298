#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes a Debian package of what `make install` installs: deb.sh VERSION BUILD
#
# Called by `make deb`, which has built everything. The result is BUILD/deb/cnnsh_VERSION_ARCH.deb: the program with its
# manual page and the module for plain lua5.4; the library for C stays with `make install`. Nobody has to be root: the
# archive itself says that its files are root's. What it depends on is read off the binaries by dpkg-shlibdeps, its name
# and address come from DEBFULLNAME and DEBEMAIL as everywhere in Debian, and the same sources give the same bytes:
# every date is SOURCE_DATE_EPOCH, or the last commit's.
set -eu
umask 022
version=$1 build=$2
for tool in dpkg-deb dpkg-shlibdeps strip; do
    command -v "$tool" >/dev/null || { echo "deb: $tool is missing: apt-get install dpkg-dev" >&2; exit 1; }
done

arch=$(dpkg --print-architecture)
multiarch=$(dpkg-architecture -qDEB_HOST_MULTIARCH)
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
    SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || stat -c %Y Makefile)
fi
export SOURCE_DATE_EPOCH
maintainer="${DEBFULLNAME:-The cnnsh authors} <${DEBEMAIL:-cnnsh@example.org}>"

top=$build/deb
root=$top/root
rm -rf "$top"
mkdir -p "$root/DEBIAN" "$top/debian"

fill() {
    sed -e "s|@VERSION@|$version|" -e "s|@ARCH@|$arch|" -e "s|@MAINTAINER@|$maintainer|" "$@"
}

# the tree: as installed below /usr, the Lua files once for both programs, the library for C left out
make --no-print-directory install BUILD="$build" DESTDIR="$root" PREFIX=/usr \
    LUA_CDIR="$root/usr/lib/$multiarch/lua/5.4" ZSH_DIR="$root/usr/share/zsh/vendor-completions" >"$top/install.log"
rm -rf "$root/usr/include" "$root/usr/lib/libcnn.a" "$root/usr/lib/pkgconfig" "$root/usr/share/cnnsh/lua/cnn"
ln -s ../../lua/5.4/cnn "$root/usr/share/cnnsh/lua/cnn"
modules=usr/lib/$multiarch/lua/5.4/cnn
for optional in "$root"/usr/lib/cnnsh/cnn/*.so; do
    [ -e "$optional" ] || continue
    ln -sf "../../$multiarch/lua/5.4/cnn/${optional##*/}" "$optional"
done
strip --strip-unneeded --remove-section=.comment --remove-section=.note "$root/usr/bin/cnnsh" "$root/$modules"/*.so
gzip -9n "$root/usr/share/man/man1/cnnsh.1"

# what Debian wants to know: the licence, the changes, the sums
doc=$root/usr/share/doc/cnnsh
mkdir -p "$doc"
install -m 644 packaging/debian/copyright "$doc/copyright"
fill -e "s|@DATE@|$(LC_ALL=C TZ=UTC date -R -d "@$SOURCE_DATE_EPOCH")|" packaging/debian/changelog.in |
    gzip -9n >"$doc/changelog.gz"
(cd "$root" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"

# the libraries that the binaries need, by the packages that have them; the tool looks for debian/control where it runs
printf 'Source: cnnsh\n\nPackage: cnnsh\nArchitecture: %s\n' "$arch" >"$top/debian/control"
optional=$(cd "$top" && find "root/$modules" -name '*.so' ! -name core.so -printf ' -dRecommends %p')
# shellcheck disable=SC2086
(cd "$top" && dpkg-shlibdeps -O -e"root/usr/bin/cnnsh" -e"root/$modules/core.so" $optional) >"$top/shlibs" 2>"$top/shlibdeps.log" ||
    { cat "$top/shlibdeps.log" >&2; exit 1; }
depends=$(sed -n 's/^shlibs:Depends=//p' "$top/shlibs")
recommends=$(sed -n 's/^shlibs:Recommends=/, /p' "$top/shlibs")
size=$(cd "$root" && find usr -type f -printf '%s\n' | awk '{ kb += int(($1 + 1023) / 1024) } END { print kb }')
fill -e "s|@DEPENDS@|$depends|" -e "s|@RECOMMENDS@|$recommends|" -e "s|@SIZE@|$size|" packaging/debian/control.in >"$root/DEBIAN/control"

package=$top/cnnsh_${version}_$arch.deb
dpkg-deb --root-owner-group --build "$root" "$package" >"$top/build.log"
rm -rf "$root" "$top/debian" "$top/shlibs"
echo "$package"
