#[activity]
fn render(receipt: Receipt) -> Aliased {
    #![allow(unused)]
    receipt.len()
}
