use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct Plane {
    #[primery_key]
    tailnum: String,
}

fn main() {
    let _ = Plane::find("N10156");
}
