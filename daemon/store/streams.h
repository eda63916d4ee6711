/* Standard input, output and error: there, whatever a program was started with. */
#pragma once

/* At the start of main(). One that is closed is opened so that every use of it is refused (EBADF): else the
 * next file or socket would take its number, and get what is printed. */
void streams_begin(void);
