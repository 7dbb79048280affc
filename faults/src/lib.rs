//! The work of the processes of the fault matrix. The tests start these processes, and kill, stop or disconnect them.
//! Then the tests check the databases.

pub mod bank;
pub mod copied;
pub mod flow;
pub mod lists;
pub mod places;
pub mod trip;
