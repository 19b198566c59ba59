//! The embedded store does what every store must do, whether its late indexes are filled at once or after a long time.

use testkit::store_suite::StoreUnderTest;

use crate::support;

testkit::store_suite!(sqlite);

async fn sqlite() -> StoreUnderTest {
    support::store()
}

mod with_indexes_filled_at_once {
    use super::{StoreUnderTest, support};

    testkit::store_suite!(sqlite);

    async fn sqlite() -> StoreUnderTest {
        support::store_with(|settings| settings.index_lag_rows = 3)
    }
}
