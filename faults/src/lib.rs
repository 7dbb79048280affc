//! What the processes of the fault matrix do. The tests start them, and kill, stop and cut them off; what is left in the
//! databases is then judged from outside.

pub mod bank;
pub mod copied;
pub mod flow;
pub mod places;
pub mod trip;
