#[activity(timeout = "5s")]
async fn greet(name: &str, mut_db: &mut Db) -> String {
    name.into()
}
