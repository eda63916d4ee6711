/* Every call of the product to the outside that can fail, in one table. The linker sends each through
 * inject.c (--wrap), and test_inject.py compares the table with what the objects need: a call that is new in
 * the product stands here, or in sturdy.list.
 *
 *   CALL(family, result, name, (parameters), (arguments), failure, errno)
 *   VARIADIC(family, result, name, (named parameters), last one, what to call with `list`, failure, errno)
 *   DONE_FIRST(...)   as CALL, but what it ends is ended all the same, as close(2) has it
 *   BY_HAND(family, result, name, (parameters))   written out in inject.c
 *
 * NAME_chk is what NAME is called with _FORTIFY_SOURCE.
 *
 * A failure is the call not being made. libconfig is not here: it ends the program when there is no memory.
 */

/* Memory */
CALL(MEMORY, void *, malloc, (size_t size), (size), NULL, ENOMEM)
CALL(MEMORY, void *, calloc, (size_t n, size_t size), (n, size), NULL, ENOMEM)
CALL(MEMORY, void *, realloc, (void *old, size_t size), (old, size), NULL, ENOMEM)
CALL(MEMORY, void *, reallocarray, (void *old, size_t n, size_t size), (old, n, size), NULL, ENOMEM)
CALL(MEMORY, char *, strdup, (const char *text), (text), NULL, ENOMEM)
CALL(MEMORY, char *, strndup, (const char *text, size_t size), (text, size), NULL, ENOMEM)
CALL(MEMORY, int, vasprintf, (char **ret, const char *format, va_list list), (ret, format, list), -1, ENOMEM)
VARIADIC(MEMORY, int, asprintf, (char **ret, const char *format, ...), format,
         __real_vasprintf(ret, format, list), -1, ENOMEM)
CALL(MEMORY, int, __vasprintf_chk, (char **ret, int flag, const char *format, va_list list),
     (ret, flag, format, list), -1, ENOMEM)
VARIADIC(MEMORY, int, __asprintf_chk, (char **ret, int flag, const char *format, ...), format,
         __real___vasprintf_chk(ret, flag, format, list), -1, ENOMEM)
BY_HAND(MEMORY, FILE *, open_memstream, (char **ret, size_t *ret_size))
BY_HAND(MEMORY, int, fputc, (int byte, FILE *stream))
BY_HAND(MEMORY, int, fputs, (const char *text, FILE *stream))
BY_HAND(MEMORY, int, fprintf, (FILE * stream, const char *format, ...))
BY_HAND(MEMORY, int, __fprintf_chk, (FILE * stream, int flag, const char *format, ...))
BY_HAND(MEMORY, int, fclose, (FILE * stream))
CALL(MEMORY, int, scandir,
     (const char *path, struct dirent ***ret, int (*choose)(const struct dirent *),
      int (*compare)(const struct dirent **, const struct dirent **)),
     (path, ret, choose, compare), -1, ENOMEM)

/* SQLite */
CALL(SQLITE, int, sqlite3_open_v2, (const char *path, sqlite3 **ret, int flags, const char *vfs),
     (path, ret, flags, vfs), SQLITE_CANTOPEN, EIO)
CALL(SQLITE, int, sqlite3_prepare_v2,
     (sqlite3 * db, const char *sql, int size, sqlite3_stmt **ret, const char **tail),
     (db, sql, size, ret, tail), SQLITE_NOMEM, ENOMEM)
CALL(SQLITE, int, sqlite3_prepare_v3,
     (sqlite3 * db, const char *sql, int size, unsigned flags, sqlite3_stmt **ret, const char **tail),
     (db, sql, size, flags, ret, tail), SQLITE_NOMEM, ENOMEM)
CALL(SQLITE, int, sqlite3_step, (sqlite3_stmt * statement), (statement), SQLITE_IOERR, EIO)
CALL(SQLITE, int, sqlite3_exec,
     (sqlite3 * db, const char *sql, int (*row)(void *, int, char **, char **), void *userdata, char **error),
     (db, sql, row, userdata, error), SQLITE_FULL, ENOSPC)
CALL(SQLITE, int, sqlite3_bind_blob,
     (sqlite3_stmt * statement, int i, const void *value, int size, void (*done)(void *)),
     (statement, i, value, size, done), SQLITE_NOMEM, ENOMEM)
CALL(SQLITE, int, sqlite3_bind_double, (sqlite3_stmt * statement, int i, double value), (statement, i, value),
     SQLITE_NOMEM, ENOMEM)
CALL(SQLITE, int, sqlite3_bind_int64, (sqlite3_stmt * statement, int i, sqlite3_int64 value),
     (statement, i, value), SQLITE_NOMEM, ENOMEM)
CALL(SQLITE, int, sqlite3_bind_null, (sqlite3_stmt * statement, int i), (statement, i), SQLITE_NOMEM, ENOMEM)
CALL(SQLITE, int, sqlite3_bind_text,
     (sqlite3_stmt * statement, int i, const char *value, int size, void (*done)(void *)),
     (statement, i, value, size, done), SQLITE_NOMEM, ENOMEM)
CALL(SQLITE, const void *, sqlite3_column_blob, (sqlite3_stmt * statement, int i), (statement, i), NULL,
     ENOMEM)
CALL(SQLITE, const unsigned char *, sqlite3_column_text, (sqlite3_stmt * statement, int i), (statement, i),
     NULL, ENOMEM)
CALL(SQLITE, int, sqlite3_busy_timeout, (sqlite3 * db, int msec), (db, msec), SQLITE_MISUSE, EIO)
CALL(SQLITE, int, sqlite3_file_control, (sqlite3 * db, const char *name, int operation, void *argument),
     (db, name, operation, argument), SQLITE_IOERR, EIO)
CALL(SQLITE, int, sqlite3_wal_checkpoint_v2,
     (sqlite3 * db, const char *name, int mode, int *frames, int *checkpointed),
     (db, name, mode, frames, checkpointed), SQLITE_IOERR, EIO)
CALL(SQLITE, sqlite3_backup *, sqlite3_backup_init,
     (sqlite3 * to, const char *to_name, sqlite3 *from, const char *from_name),
     (to, to_name, from, from_name), NULL, ENOMEM)
CALL(SQLITE, int, sqlite3_backup_step, (sqlite3_backup * backup, int pages), (backup, pages), SQLITE_IOERR,
     EIO)
CALL(SQLITE, int, sqlite3_extended_result_codes, (sqlite3 * db, int on), (db, on), SQLITE_MISUSE, EIO)
VARIADIC(SQLITE, int, sqlite3_db_config, (sqlite3 * db, int operation, ...), operation, ({
             int on = va_arg(list, int);
             __real_sqlite3_db_config(db, operation, on, va_arg(list, int *));
         }),
         SQLITE_ERROR, EIO)

/* The buses, and the loop */
CALL(BUS, int, sd_bus_open_user, (sd_bus * *ret), (ret), -ECONNREFUSED, ECONNREFUSED)
CALL(BUS, int, sd_bus_open_system, (sd_bus * *ret), (ret), -ECONNREFUSED, ECONNREFUSED)
CALL(BUS, int, sd_bus_new, (sd_bus * *ret), (ret), -ENOMEM, ENOMEM)
CALL(BUS, int, sd_bus_set_fd, (sd_bus * bus, int in, int out), (bus, in, out), -ENOMEM, ENOMEM)
CALL(BUS, int, sd_bus_set_server, (sd_bus * bus, int on, sd_id128_t id), (bus, on, id), -ENOMEM, ENOMEM)
CALL(BUS, int, sd_bus_set_anonymous, (sd_bus * bus, int on), (bus, on), -ENOMEM, ENOMEM)
CALL(BUS, int, sd_bus_set_close_on_exit, (sd_bus * bus, int on), (bus, on), -ENOMEM, ENOMEM)
CALL(BUS, int, sd_bus_start, (sd_bus * bus), (bus), -ENOMEM, ENOMEM)
CALL(BUS, int, sd_bus_attach_event, (sd_bus * bus, sd_event *event, int priority), (bus, event, priority),
     -ENOMEM, ENOMEM)
CALL(BUS, int, sd_bus_request_name, (sd_bus * bus, const char *name, uint64_t flags), (bus, name, flags),
     -ENOMEM, ENOMEM)
CALL(BUS, int, sd_bus_add_filter,
     (sd_bus * bus, sd_bus_slot **ret, sd_bus_message_handler_t handler, void *userdata),
     (bus, ret, handler, userdata), -ENOMEM, ENOMEM)
CALL(BUS, int, sd_bus_add_match,
     (sd_bus * bus, sd_bus_slot **ret, const char *rule, sd_bus_message_handler_t handler, void *userdata),
     (bus, ret, rule, handler, userdata), -ENOMEM, ENOMEM)
CALL(BUS, int, sd_bus_add_match_async,
     (sd_bus * bus, sd_bus_slot **ret, const char *rule, sd_bus_message_handler_t handler,
      sd_bus_message_handler_t installed, void *userdata),
     (bus, ret, rule, handler, installed, userdata), -ENOMEM, ENOMEM)
CALL(BUS, int, sd_bus_match_signal,
     (sd_bus * bus, sd_bus_slot **ret, const char *sender, const char *path, const char *interface,
      const char *member, sd_bus_message_handler_t handler, void *userdata),
     (bus, ret, sender, path, interface, member, handler, userdata), -ENOMEM, ENOMEM)
CALL(BUS, int, sd_bus_add_object_vtable,
     (sd_bus * bus, sd_bus_slot **ret, const char *path, const char *interface, const sd_bus_vtable *table,
      void *userdata),
     (bus, ret, path, interface, table, userdata), -ENOMEM, ENOMEM)
CALL(BUS, int, sd_bus_call_async,
     (sd_bus * bus, sd_bus_slot **ret, sd_bus_message *m, sd_bus_message_handler_t handler, void *userdata,
      uint64_t usec),
     (bus, ret, m, handler, userdata, usec), -ENOBUFS, ENOBUFS)
VARIADIC(BUS, int, sd_bus_call_method,
         (sd_bus * bus, const char *name, const char *path, const char *interface, const char *member,
          sd_bus_error *error, sd_bus_message **ret, const char *types, ...),
         types, sd_bus_call_methodv(bus, name, path, interface, member, error, ret, types, list), -ENOBUFS,
         ENOBUFS)
VARIADIC(BUS, int, sd_bus_call_method_async,
         (sd_bus * bus, sd_bus_slot **ret, const char *name, const char *path, const char *interface,
          const char *member, sd_bus_message_handler_t handler, void *userdata, const char *types, ...),
         types,
         sd_bus_call_method_asyncv(bus, ret, name, path, interface, member, handler, userdata, types, list),
         -ENOBUFS, ENOBUFS)
CALL(BUS, int, sd_bus_emit_properties_changed_strv,
     (sd_bus * bus, const char *path, const char *interface, char **names), (bus, path, interface, names),
     -ENOBUFS, ENOBUFS)
VARIADIC(BUS, int, sd_bus_emit_signal,
         (sd_bus * bus, const char *path, const char *interface, const char *member, const char *types, ...),
         types, sd_bus_emit_signalv(bus, path, interface, member, types, list), -ENOBUFS, ENOBUFS)
CALL(BUS, int, sd_bus_send, (sd_bus * bus, sd_bus_message *m, uint64_t *cookie), (bus, m, cookie), -ENOBUFS,
     ENOBUFS)
VARIADIC(BUS, int, sd_bus_reply_method_return, (sd_bus_message * call, const char *types, ...), types,
         sd_bus_reply_method_returnv(call, types, list), -ENOBUFS, ENOBUFS)
CALL(BUS, int, sd_bus_reply_method_errno, (sd_bus_message * call, int error, const sd_bus_error *e),
     (call, error, e), -ENOBUFS, ENOBUFS)
CALL(BUS, int, sd_bus_message_new_method_call,
     (sd_bus * bus, sd_bus_message **ret, const char *name, const char *path, const char *interface,
      const char *member),
     (bus, ret, name, path, interface, member), -ENOMEM, ENOMEM)
CALL(BUS, int, sd_bus_message_new_method_return, (sd_bus_message * call, sd_bus_message **ret), (call, ret),
     -ENOMEM, ENOMEM)
VARIADIC(BUS, int, sd_bus_message_append, (sd_bus_message * m, const char *types, ...), types,
         sd_bus_message_appendv(m, types, list), -ENOMEM, ENOMEM)
CALL(BUS, int, sd_bus_flush, (sd_bus * bus), (bus), -ENOBUFS, ENOBUFS)
CALL(BUS, int, sd_bus_message_readv, (sd_bus_message * m, const char *types, va_list list), (m, types, list),
     -ENOMEM, ENOMEM)
VARIADIC(BUS, int, sd_bus_message_read, (sd_bus_message * m, const char *types, ...), types,
         __real_sd_bus_message_readv(m, types, list), -ENOMEM, ENOMEM)
CALL(BUS, int, sd_bus_message_open_container, (sd_bus_message * m, char type, const char *contents),
     (m, type, contents), -ENOMEM, ENOMEM)
CALL(BUS, int, sd_bus_message_close_container, (sd_bus_message * m), (m), -ENOMEM, ENOMEM)
CALL(BUS, int, sd_bus_message_enter_container, (sd_bus_message * m, char type, const char *contents),
     (m, type, contents), -ENOMEM, ENOMEM)
CALL(BUS, int, sd_bus_message_exit_container, (sd_bus_message * m), (m), -ENOMEM, ENOMEM)
CALL(BUS, int, sd_bus_message_skip, (sd_bus_message * m, const char *types), (m, types), -ENOMEM, ENOMEM)
CALL(BUS, int, sd_bus_message_copy, (sd_bus_message * m, sd_bus_message *from, int all), (m, from, all),
     -ENOMEM, ENOMEM)
CALL(BUS, int, sd_bus_message_seal, (sd_bus_message * m, uint64_t cookie, uint64_t usec), (m, cookie, usec),
     -ENOMEM, ENOMEM)
CALL(BUS, int, sd_bus_message_rewind, (sd_bus_message * m, int whole), (m, whole), -ENOMEM, ENOMEM)
CALL(BUS, int, sd_bus_message_set_auto_start, (sd_bus_message * m, int on), (m, on), -ENOMEM, ENOMEM)
CALL(BUS, int, sd_event_default, (sd_event * *ret), (ret), -ENOMEM, ENOMEM)
CALL(BUS, int, sd_event_add_io,
     (sd_event * event, sd_event_source **ret, int fd, uint32_t events, sd_event_io_handler_t handler,
      void *userdata),
     (event, ret, fd, events, handler, userdata), -ENOSPC, ENOSPC)
CALL(BUS, int, sd_event_add_time,
     (sd_event * event, sd_event_source **ret, clockid_t clock, uint64_t usec, uint64_t accuracy,
      sd_event_time_handler_t handler, void *userdata),
     (event, ret, clock, usec, accuracy, handler, userdata), -ENOMEM, ENOMEM)
BY_HAND(BUS, int, sd_event_add_time_relative,
        (sd_event * event, sd_event_source **ret, clockid_t clock, uint64_t usec, uint64_t accuracy,
         sd_event_time_handler_t handler, void *userdata))
BY_HAND(BUS, int, sd_event_source_set_time_relative, (sd_event_source * source, uint64_t usec))
CALL(BUS, int, sd_event_add_signal,
     (sd_event * event, sd_event_source **ret, int sig, sd_event_signal_handler_t handler, void *userdata),
     (event, ret, sig, handler, userdata), -EMFILE, EMFILE)
CALL(BUS, int, sd_event_add_child,
     (sd_event * event, sd_event_source **ret, pid_t pid, int options, sd_event_child_handler_t handler,
      void *userdata),
     (event, ret, pid, options, handler, userdata), -ENOMEM, ENOMEM)
CALL(BUS, int, sd_event_add_defer,
     (sd_event * event, sd_event_source **ret, sd_event_handler_t handler, void *userdata),
     (event, ret, handler, userdata), -ENOMEM, ENOMEM)
CALL(BUS, int, sd_id128_randomize, (sd_id128_t * ret), (ret), -EIO, EIO)
CALL(BUS, int, sd_id128_get_boot, (sd_id128_t * ret), (ret), -ENOENT, ENOENT)
CALL(BUS, int, sd_uid_get_display, (uid_t uid, char **ret), (uid, ret), -ENOMEM, ENOMEM)
CALL(BUS, int, sd_session_get_type, (const char *session, char **ret), (session, ret), -ENOMEM, ENOMEM)

/* Files, processes, timers */
VARIADIC(FILES, int, open, (const char *path, int flags, ...), flags,
         __real_open(path, flags, (flags & (O_CREAT | O_TMPFILE)) ? va_arg(list, mode_t) : 0), -1, EMFILE)
CALL(FILES, int, __open_2, (const char *path, int flags), (path, flags), -1, EMFILE)
VARIADIC(FILES, int, openat, (int folder, const char *path, int flags, ...), flags,
         __real_openat(folder, path, flags, (flags & (O_CREAT | O_TMPFILE)) ? va_arg(list, mode_t) : 0), -1,
         EMFILE)
CALL(FILES, int, mkostemp, (char *path, int flags), (path, flags), -1, ENOSPC)
CALL(FILES, int, memfd_create, (const char *name, unsigned flags), (name, flags), -1, EMFILE)
DONE_FIRST(FILES, int, close, (int fd), (fd), -1, EIO)
CALL(FILES, ssize_t, read, (int fd, void *buffer, size_t size), (fd, buffer, size), -1, EIO)
CALL(FILES, ssize_t, pread, (int fd, void *buffer, size_t size, off_t at), (fd, buffer, size, at), -1, EIO)
CALL(FILES, ssize_t, write, (int fd, const void *buffer, size_t size), (fd, buffer, size), -1, ENOSPC)
CALL(FILES, ssize_t, pwrite, (int fd, const void *buffer, size_t size, off_t at), (fd, buffer, size, at), -1,
     ENOSPC)
CALL(FILES, off_t, lseek, (int fd, off_t at, int whence), (fd, at, whence), -1, EIO)
CALL(FILES, int, ftruncate, (int fd, off_t size), (fd, size), -1, EIO)
CALL(FILES, int, fsync, (int fd), (fd), -1, EIO)
CALL(FILES, int, flock, (int fd, int how), (fd, how), -1, ENOLCK)
VARIADIC(FILES, int, fcntl, (int fd, int operation, ...), operation,
         __real_fcntl(fd, operation, va_arg(list, void *)), -1, EIO)
CALL(FILES, int, stat, (const char *path, struct stat *ret), (path, ret), -1, EACCES)
CALL(FILES, int, lstat, (const char *path, struct stat *ret), (path, ret), -1, EACCES)
CALL(FILES, int, fstat, (int fd, struct stat *ret), (fd, ret), -1, EIO)
CALL(FILES, int, fstatat, (int folder, const char *path, struct stat *ret, int flags),
     (folder, path, ret, flags), -1, EACCES)
CALL(FILES, int, access, (const char *path, int how), (path, how), -1, EACCES)
CALL(FILES, int, faccessat, (int folder, const char *path, int how, int flags), (folder, path, how, flags),
     -1, EACCES)
CALL(FILES, int, chmod, (const char *path, mode_t mode), (path, mode), -1, EPERM)
CALL(FILES, int, fchmodat, (int folder, const char *path, mode_t mode, int flags),
     (folder, path, mode, flags), -1, EPERM)
CALL(FILES, int, fchown, (int fd, uid_t user, gid_t group), (fd, user, group), -1, EPERM)
CALL(FILES, int, fchmod, (int fd, mode_t mode), (fd, mode), -1, EPERM)
CALL(FILES, int, utimensat, (int folder, const char *path, const struct timespec times[2], int flags),
     (folder, path, times, flags), -1, EPERM)
CALL(FILES, int, mkdir, (const char *path, mode_t mode), (path, mode), -1, ENOSPC)
CALL(FILES, int, link, (const char *from, const char *to), (from, to), -1, EPERM)
CALL(FILES, int, rename, (const char *from, const char *to), (from, to), -1, ENOSPC)
CALL(FILES, int, renameat, (int from_folder, const char *from, int to_folder, const char *to),
     (from_folder, from, to_folder, to), -1, ENOSPC)
CALL(FILES, int, renameat2,
     (int from_folder, const char *from, int to_folder, const char *to, unsigned flags),
     (from_folder, from, to_folder, to, flags), -1, ENOSPC)
CALL(FILES, int, unlink, (const char *path), (path), -1, EACCES)
CALL(FILES, int, unlinkat, (int folder, const char *path, int flags), (folder, path, flags), -1, EACCES)
CALL(FILES, ssize_t, readlink, (const char *path, char *buffer, size_t size), (path, buffer, size), -1, EIO)
CALL(FILES, char *, realpath, (const char *path, char *buffer), (path, buffer), NULL, EIO)
CALL(FILES, char *, __realpath_chk, (const char *path, char *buffer, size_t size), (path, buffer, size), NULL,
     EIO)
CALL(FILES, DIR *, opendir, (const char *path), (path), NULL, EMFILE)
CALL(FILES, DIR *, fdopendir, (int fd), (fd), NULL, ENOMEM)
CALL(FILES, struct dirent *, readdir, (DIR * folder), (folder), NULL, EIO)
BY_HAND(FILES, FILE *, fdopen, (int fd, const char *mode))
CALL(FILES, int, getpwuid_r, (uid_t uid, struct passwd *user, char *buffer, size_t size, struct passwd **ret),
     (uid, user, buffer, size, ret), EIO, EIO)
CALL(FILES, int, inotify_init1, (int flags), (flags), -1, EMFILE)
CALL(FILES, int, inotify_add_watch, (int fd, const char *path, uint32_t events), (fd, path, events), -1,
     ENOSPC)
CALL(FILES, int, timerfd_create, (clockid_t clock, int flags), (clock, flags), -1, EMFILE)
BY_HAND(FILES, int, timerfd_settime,
        (int fd, int flags, const struct itimerspec *at, struct itimerspec *ret_before))
BY_HAND(FILES, int, clock_gettime, (clockid_t clock, struct timespec *ret))
BY_HAND(FILES, int, socketpair, (int domain, int type, int protocol, int fds[2]))
BY_HAND(FILES, pid_t, fork, (void))
BY_HAND(FILES, int, execl, (const char *path, const char *argument, ...))
BY_HAND(FILES, ssize_t, getrandom, (void *buffer, size_t size, unsigned flags))
CALL(FILES, int, getentropy, (void *buffer, size_t size), (buffer, size), -1, EIO)
