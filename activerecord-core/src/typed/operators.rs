//! Operators that columns and expressions do not have: the name of the missing trait says which method to write instead.

use std::cmp::Ordering;

use crate::typed::{Column, Expression};

/// Stands in the message of `User::AGE == 3`, and in place of `==` and `!=`: `User::AGE.eq(3)`, `.ne(3)`.
pub trait UseMethodEqInstead {
    #[doc(hidden)]
    fn equals(&self) -> bool;
}

/// Stands in the message of `User::AGE < 3`, and in place of `<`, `<=`, `>` and `>=`: `User::AGE.lt(3)`, `.le(3)`, `.gt(3)`,
/// `.ge(3)`.
pub trait UseMethodLtInstead: UseMethodEqInstead {
    #[doc(hidden)]
    fn compared(&self) -> Option<Ordering>;
}

macro_rules! not_compared {
    ($($ty:ident)*) => {$(
        impl<M, T, R> PartialEq<R> for $ty<M, T>
        where
            Self: UseMethodEqInstead,
        {
            fn eq(&self, _: &R) -> bool {
                self.equals()
            }
        }

        impl<M, T, R> PartialOrd<R> for $ty<M, T>
        where
            Self: UseMethodLtInstead,
        {
            fn partial_cmp(&self, _: &R) -> Option<Ordering> {
                self.compared()
            }
        }
    )*};
}
not_compared! { Column Expression }
