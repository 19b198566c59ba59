//! The MariaDB store does what every store must do, whether it has one lane or several.

mod with_one_lane {
    use testkit::store_suite::StoreUnderTest;

    use crate::mariadb::support;

    testkit::store_suite!(mariadb);

    async fn mariadb() -> StoreUnderTest {
        support::store(1).await
    }
}

mod with_several_lanes {
    use testkit::store_suite::StoreUnderTest;

    use crate::mariadb::support;

    testkit::store_suite!(mariadb);

    async fn mariadb() -> StoreUnderTest {
        support::store(5).await
    }
}
