#[path = "../conformance/values/held/mod.rs"]
mod held;
