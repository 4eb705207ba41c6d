//! Labs through their commands: what they say, show and draw.

/// A test for each lab of the registry, which calls a function with the lab's name: each has its own cases, however
/// many labs there are.
macro_rules! per_lab {
    ($check:ident) => {
        crate::per_lab!($check: ring bloom balancer threads transactions failure);
    };
    ($check:ident: $($lab:ident)*) => {
        mod labs {
            $(#[test]
            fn $lab() {
                super::$check(stringify!($lab));
            })*

            #[test]
            fn every_lab_is_covered() {
                let registered: Vec<&str> = scalelab::labs::REGISTRY.iter().map(|lab| lab.info.name).collect();
                assert_eq!([$(stringify!($lab)),*], registered[..], "add the lab to `per_lab!` in tests/labs/main.rs");
            }
        }
    };
}
use per_lab;

mod balancer;
mod bloom;
mod failure;
mod lines;
mod monkey;
mod opening;
mod pictures;
mod ranges;
mod ring;
mod scenarios;
mod threads;
mod timeline;
mod transactions;
