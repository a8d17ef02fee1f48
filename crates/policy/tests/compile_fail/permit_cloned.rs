fn copy(permit: &policy::Permit) -> policy::Permit {
    permit.clone()
}

fn twice(permit: policy::Permit) -> (policy::Permit, policy::Permit) {
    (permit, permit)
}

fn main() {
    let _ = (copy, twice);
}
