//! The embedded store does what every store must do.

use testkit::store_suite::StoreUnderTest;

use crate::support;

testkit::store_suite!(sqlite);

async fn sqlite() -> StoreUnderTest {
    support::store()
}
