//! `GET /store/products`, `GET /store/products/{slug}`: what is for sale. The list is a file of this build.

use std::sync::LazyLock;

use axum::{
    Json,
    extract::{Path, RawQuery},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::{list::List, problem::Problem, query::Query};

static CATALOGUE: LazyLock<Vec<Product>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("catalogue.json")).expect("a file of this build, which a test reads")
});

/// A thing for sale.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Product {
    /// Its name in addresses.
    #[schema(example = "iphone-17-pro")]
    pub(super) slug: String,
    /// `mobile`, `tablet`, `appliance` or `living`.
    pub(super) category: String,
    /// Who makes it.
    pub(super) brand: String,
    /// Its name.
    pub(super) name: Words,
    /// What it is, in one sentence.
    pub(super) summary: Words,
    /// Which drawing shows it.
    pub(super) drawing: String,
    /// The price of its first option, in won.
    pub(super) price: i64,
    /// How many are there; of every variant that is not sold out.
    pub(super) stock: u32,
    /// In which colours.
    pub(super) colors: Vec<ColorOption>,
    /// In which sizes; the first costs nothing more.
    pub(super) options: Vec<SizeOption>,
    /// Variants that are sold out, as `color/option`.
    pub(super) sold_out: Vec<String>,
    /// What there is to know.
    pub(super) specs: Vec<Spec>,
}

/// The same in both languages.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct Words {
    /// Korean.
    pub(super) ko: String,
    /// English.
    pub(super) en: String,
}

/// A colour.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ColorOption {
    /// Its name in addresses.
    pub(super) id: String,
    /// Its name.
    pub(super) name: Words,
    /// How it looks, as `#rrggbb`.
    pub(super) hex: String,
}

/// A size.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SizeOption {
    /// Its name in addresses.
    pub(super) id: String,
    /// Its name.
    pub(super) name: Words,
    /// How much more it costs, in won.
    pub(super) extra: i64,
}

/// A line of the specification.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Spec {
    /// What.
    pub(super) name: Words,
    /// How much.
    pub(super) value: Words,
}

impl Product {
    /// Whether this variant cannot be had.
    pub(super) fn is_sold_out(&self, color: &str, option: &str) -> bool {
        self.sold_out.iter().any(|variant| variant.split_once('/') == Some((color, option)))
    }
}

/// The product of this name.
pub(super) fn find(slug: &str) -> Option<&'static Product> {
    CATALOGUE.iter().find(|product| product.slug == slug)
}

/// List what is for sale
///
/// All of it: a page filters and sorts by itself.
#[utoipa::path(
    get,
    path = "/store/products",
    tag = "store",
    operation_id = "listProducts",
    responses((status = 200, description = "Every product", body = List<Product>))
)]
pub(super) async fn products(RawQuery(query): RawQuery) -> Result<Json<List<&'static Product>>, Problem> {
    Query::new(query.as_deref()).finish()?;
    Ok(Json(List::whole(CATALOGUE.iter().collect())))
}

/// Look at a product
#[utoipa::path(
    get,
    path = "/store/products/{slug}",
    tag = "store",
    operation_id = "getProduct",
    params(("slug" = String, Path, description = "Its name in addresses")),
    responses((status = 200, description = "The product", body = Product))
)]
pub(super) async fn product(
    Path(slug): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<&'static Product>, Problem> {
    Query::new(query.as_deref()).finish()?;
    find(&slug).map(Json).ok_or_else(|| Problem::not_found("product"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_catalogue_can_be_read_and_every_variant_is_named_once() {
        assert_eq!(CATALOGUE.len(), 12);
        let slugs: HashSet<_> = CATALOGUE.iter().map(|product| &product.slug).collect();
        assert_eq!(slugs.len(), CATALOGUE.len());
        for product in CATALOGUE.iter() {
            assert!(product.price >= 1000 && !product.colors.is_empty() && !product.options.is_empty());
            assert_eq!(product.options[0].extra, 0, "{}", product.slug);
            for variant in &product.sold_out {
                let (color, option) = variant.split_once('/').unwrap();
                assert!(product.colors.iter().any(|one| one.id == color), "{variant}");
                assert!(product.options.iter().any(|one| one.id == option), "{variant}");
            }
        }
    }
}
