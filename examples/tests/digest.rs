//! `digest` as its users drive it: paused, resumed, asked, changed, and with files that cannot be read.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use temporal_examples::digest::{Digest, FileName, Request};
use temporal_runtime::{prelude::*, testing::TestEnvironment};

/// A folder of its own for each test, gone when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let nth = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("digest-{}-{nth}", std::process::id()));
        fs::create_dir_all(path.join("in")).expect("the temporary folder can be written");
        Self(path)
    }

    fn input(&self) -> PathBuf {
        self.0.join("in")
    }

    fn file(&self, name: &str, content: &str) {
        let path = self.input().join(name);
        fs::create_dir_all(path.parent().expect("it is below the folder"))
            .expect("it can be written");
        fs::write(path, content).expect("it can be written");
    }

    fn request(&self) -> Request {
        Request {
            folder: self.input(),
            output: self.0.join("out"),
            parallel: 2,
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn lines(folder: &Folder) -> Vec<String> {
    let text = fs::read_to_string(folder.0.join("out")).expect("the result was written");
    text.lines().map(str::to_owned).collect()
}

const HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

#[temporal_runtime::test]
async fn every_file_is_digested_in_the_order_of_its_name(env: TestEnvironment) -> Result<()> {
    let folder = Folder::new();
    folder.file("b", "hello");
    folder.file("a/x y", "");
    folder.file("a/back\\slash", "hello");
    let report = env.client().execute(Digest::with(folder.request())).await?;
    assert_eq!(
        (report.files, report.bytes, report.failed.len()),
        (3, 10, 0)
    );
    assert_eq!(
        lines(&folder),
        [
            format!("\\{HELLO}  a/back\\\\slash"),
            format!("{EMPTY}  a/x y"),
            format!("{HELLO}  b")
        ]
    );
    assert!(
        !Path::new(&folder.0.join("out.parts")).exists(),
        "the parts are gone"
    );
    Ok(())
}

#[temporal_runtime::test]
async fn an_empty_folder_has_an_empty_result(env: TestEnvironment) -> Result<()> {
    let folder = Folder::new();
    let report = env.client().execute(Digest::with(folder.request())).await?;
    assert_eq!((report.files, report.total.as_str()), (0, EMPTY));
    Ok(())
}

#[temporal_runtime::test]
async fn a_file_that_vanishes_while_it_is_paused_is_named(env: TestEnvironment) -> Result<()> {
    let folder = Folder::new();
    folder.file("stays", "hello");
    folder.file("goes", "hello");
    // the signal is there before the first task, so the run lists, and then waits
    let start = env.client().start(Digest::with(folder.request()));
    let handle = start.with_signal(|digest| digest.pause()).await?;
    let progress = loop {
        let progress = handle.progress().await?;
        if progress.listed {
            break progress;
        }
    };
    assert!(progress.paused);
    assert_eq!(
        (progress.files, progress.bytes, progress.files_done),
        (2, 10, 0)
    );
    fs::remove_file(folder.input().join("goes")).expect("it was there");
    handle.resume().await?;
    let report = handle.result().await?;
    assert_eq!(report.files, 1);
    assert_eq!(report.failed[0].name, FileName::Text("goes".into()));
    assert_eq!(report.failed[0].reason, "it vanished after it was listed");
    assert_eq!(lines(&folder), [format!("{HELLO}  stays")]);
    Ok(())
}

#[cfg(unix)]
#[temporal_runtime::test]
async fn a_dangling_link_is_named_and_a_link_to_a_file_is_followed(
    env: TestEnvironment,
) -> Result<()> {
    let folder = Folder::new();
    folder.file("file", "hello");
    std::os::unix::fs::symlink("file", folder.input().join("link")).expect("links can be made");
    std::os::unix::fs::symlink("nowhere", folder.input().join("dangling"))
        .expect("links can be made");
    let report = env.client().execute(Digest::with(folder.request())).await?;
    assert_eq!(report.failed[0].name, FileName::Text("dangling".into()));
    assert_eq!(report.failed[0].reason, "a link to nothing");
    assert_eq!(
        lines(&folder),
        [format!("{HELLO}  file"), format!("{HELLO}  link")]
    );
    Ok(())
}

#[temporal_runtime::test]
async fn an_update_changes_how_much_is_in_work_and_refuses_nonsense(
    env: TestEnvironment,
) -> Result<()> {
    let folder = Folder::new();
    folder.file("a", "hello");
    let start = env.client().start(Digest::with(folder.request()));
    let handle = start.with_signal(|digest| digest.pause()).await?;
    let refused = handle.set_parallel(0).await.expect_err("zero is nonsense");
    assert!(
        format!("{refused:?}").contains("between 1 and 256 batches"),
        "{refused:?}"
    );
    handle.set_parallel(8).await?;
    assert_eq!(handle.set_parallel(9).await?, 8);
    handle.resume().await?;
    assert_eq!(handle.result().await?.files, 1);
    Ok(())
}

#[temporal_runtime::test]
async fn a_folder_that_is_not_there_fails_with_its_name(env: TestEnvironment) -> Result<()> {
    let folder = Folder::new();
    let mut request = folder.request();
    request.folder = folder.0.join("absent");
    let error = env
        .client()
        .execute(Digest::with(request))
        .await
        .expect_err("there is no such folder");
    assert!(format!("{error:?}").contains("absent"), "{error:?}");
    Ok(())
}
