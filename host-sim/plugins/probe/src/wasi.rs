//! The functions of WASI that Envoy links.

use crate::hostcall::{Hostcall, hostcalls};

hostcalls! { "wasi_snapshot_preview1", WASI:
    args_get(i32, i32) = [Number, Number];
    args_sizes_get(i32, i32) = [OutU32, OutU32];
    clock_res_get(i32, i32) = [Number, OutU64];
    clock_time_get(i32, i64, i32) = [Number, Number, OutU64];
    environ_get(i32, i32) = [Number, Number];
    environ_sizes_get(i32, i32) = [OutU32, OutU32];
    fd_advise(i32, i64, i64, i32) = [Number, Number, Number, Number];
    fd_allocate(i32, i64, i64) = [Number, Number, Number];
    fd_close(i32) = [Number];
    fd_datasync(i32) = [Number];
    fd_fdstat_get(i32, i32) = [Number, Number];
    fd_fdstat_set_flags(i32, i32) = [Number, Number];
    fd_fdstat_set_rights(i32, i64, i64) = [Number, Number, Number];
    fd_filestat_get(i32, i32) = [Number, Number];
    fd_filestat_set_size(i32, i64) = [Number, Number];
    fd_filestat_set_times(i32, i64, i64, i32) = [Number, Number, Number, Number];
    fd_pread(i32, i32, i32, i64, i32) = [Number, Number, Number, Number, OutU32];
    fd_prestat_dir_name(i32, i32, i32) = [Number, Number, Number];
    fd_prestat_get(i32, i32) = [Number, Number];
    fd_pwrite(i32, i32, i32, i64, i32) = [Number, Number, Number, Number, OutU32];
    fd_read(i32, i32, i32, i32) = [Number, Number, Number, OutU32];
    fd_readdir(i32, i32, i32, i64, i32) = [Number, Number, Number, Number, OutU32];
    fd_renumber(i32, i32) = [Number, Number];
    fd_seek(i32, i64, i32, i32) = [Number, Number, Number, OutU64];
    fd_sync(i32) = [Number];
    fd_tell(i32, i32) = [Number, OutU64];
    fd_write(i32, i32, i32, i32) = [Number, Number, Number, OutU32];
    path_create_directory(i32, i32, i32) = [Number, Bytes];
    path_filestat_get(i32, i32, i32, i32, i32) = [Number, Number, Bytes, Number];
    path_filestat_set_times(i32, i32, i32, i32, i64, i64, i32)
        = [Number, Number, Bytes, Number, Number, Number];
    path_open(i32, i32, i32, i32, i32, i64, i64, i32, i32)
        = [Number, Number, Bytes, Number, Number, Number, Number, OutU32];
    path_readlink(i32, i32, i32, i32, i32, i32) = [Number, Bytes, Number, Number, OutU32];
    path_remove_directory(i32, i32, i32) = [Number, Bytes];
    path_rename(i32, i32, i32, i32, i32, i32) = [Number, Bytes, Number, Bytes];
    path_unlink_file(i32, i32, i32) = [Number, Bytes];
    poll_oneoff(i32, i32, i32, i32) = [Number, Number, Number, OutU32];
    random_get(i32, i32) = [Bytes];
    sched_yield() = [];
    sock_accept(i32, i32, i32) = [Number, Number, OutU32];
    sock_recv(i32, i32, i32, i32, i32, i32) = [Number, Number, Number, Number, OutU32, OutU32];
    sock_send(i32, i32, i32, i32, i32) = [Number, Number, Number, Number, OutU32];
    sock_shutdown(i32, i32) = [Number, Number];
}
