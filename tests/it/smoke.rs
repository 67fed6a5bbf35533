//! The support itself: a lab is empty and hermetic.

use crate::support::Lab;

#[test]
fn a_lab_starts_with_nothing() {
    let lab = Lab::new();
    let status = lab.run(&["--status"]);
    assert_eq!(status.code, 0, "{status:?}");
    assert!(
        status.stderr.contains("Nothing is initialized"),
        "{status:?}"
    );
    assert_eq!(lab.files(), Vec::<String>::new());
}
