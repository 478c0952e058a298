/* SPDX-License-Identifier: MIT
 * Archives .tar.gz, unpacked without trust: libarchive reads tar, zlib gzip, and every name is looked at here.
 *
 * An archive is read twice: nothing is written before all of it was found harmless and whole. What must stay true: only
 * files and folders are made, all of them inside the given folder, at most `limit` bytes in all. */
#ifndef CNN_CORE_UNPACK_H
#define CNN_CORE_UNPACK_H

#include "core/cnn.h"

/* Unpacks into `folder`, which is made; each file appears whole, over an old one. *files receives how many. IO where
 * libarchive is missing, the archive is damaged, truncated or no archive, a name leads out of the folder, an entry is a
 * link or a device, there is more than `limit`, or the disk does not take it; NO_MEMORY, INTERRUPTED. */
CNN_CHECKED cnn_status cnn_unpack(const char *archive, const char *folder, int64_t limit, int64_t *files,
                                  cnn_error *err);

#endif
