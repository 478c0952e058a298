/* SPDX-License-Identifier: MIT
 * The files below a folder, in the order in which torchvision goes through folders of classes. */
#ifndef CNN_CORE_FOLDER_H
#define CNN_CORE_FOLDER_H

#include "core/cnn.h"

/* *out receives uint8 [bytes]: paths below `path`, each with a zero behind it, sorted byte by byte: first by the folder
 * in `path` itself, then by the whole folder, then by name. A folder in `path` itself comes as "name/" before its
 * files. Links are followed, 32 folders deep at most; other things than files and folders are left out. IO, NO_MEMORY,
 * INTERRUPTED. */
CNN_CHECKED cnn_status cnn_folder_files(const char *path, cnn_tensor **out, cnn_error *err);

#endif
