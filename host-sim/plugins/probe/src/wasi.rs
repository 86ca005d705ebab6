//! The functions of WASI that the ABI lists, and some that hosts only stub.

use crate::hostcall::{Hostcall, hostcalls};

hostcalls! { "wasi_snapshot_preview1", WASI:
    fd_write(i32, i32, i32, i32) = [Number, Number, Number, OutU32];
    fd_close(i32) = [Number];
    fd_seek(i32, i64, i32, i32) = [Number, Number, Number, OutU64];
    fd_fdstat_get(i32, i32) = [Number, Number];
    fd_prestat_get(i32, i32) = [Number, Number];
    clock_time_get(i32, i64, i32) = [Number, Number, OutU64];
    random_get(i32, i32) = [Bytes];
    environ_sizes_get(i32, i32) = [OutU32, OutU32];
    environ_get(i32, i32) = [Number, Number];
    args_sizes_get(i32, i32) = [OutU32, OutU32];
    args_get(i32, i32) = [Number, Number];
    sched_yield() = [];
    path_open(i32, i32, i32, i32, i32, i64, i64, i32, i32)
        = [Number, Number, Bytes, Number, Number, Number, Number, OutU32];
}
