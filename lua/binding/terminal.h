/* SPDX-License-Identifier: MIT
 * For whoever prints beside a progress bar. */
#ifndef CNN_BINDING_TERMINAL_H
#define CNN_BINDING_TERMINAL_H

/* Ends the line that a progress bar stands on, if there is one: call it before printing an error or a prompt. */
void cnn_status_line_end(void);

#endif
