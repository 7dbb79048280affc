//! The derive macros of `activerecord`. They emit data and small functions; behaviour lives in `activerecord-core`.
//!
//! `lib -> attr (words, with their spans) -> ast -> check (one function per rule) -> expand (one quote per function)`, or
//! `fallback` in place of `expand` when anything was wrong.

mod ast;
mod attr;
mod check;
mod ctxt;
mod expand;
mod fallback;
mod names;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct with named fields a model: a row of a table, with a typed constant for each column.
///
/// ```
/// # use activerecord::prelude::*;
/// # use chrono::{DateTime, Utc};
/// #[derive(ActiveRecord, Clone, Debug, Default)]
/// #[connection = "primary"]
/// struct Flight {
///     id: i64,
///     #[column = "dep_delay"]
///     delay: Option<i32>,
///     #[updated_at]
///     updated_at: DateTime<Utc>,
/// }
///
/// # async fn example() -> Result<()> {
/// let late = Flight::filter(Flight::DELAY.gt(60)).all().await?;
/// # Ok(())
/// # }
/// ```
///
/// # On the struct
///
/// | attribute | meaning |
/// |---|---|
/// | `#[connection = "name"]` | the connection outside of all scopes; `"primary"` by default |
/// | `#[table = "name"]` | the table, with or without a schema (`"audit.events"`); by default the name in `snake_case`, its last word in the plural |
/// | `#[hooks]` | the model has hooks: `impl Hooks` is yours to write |
/// | `#[scope_required]` | the model is refused outside of a connection scope |
/// | `#[activerecord(crate = path)]` | where the crate is, when not at `::activerecord` |
///
/// # On a field
///
/// | attribute | meaning |
/// |---|---|
/// | `#[primary_key]` | the key; a field named `id` is it by default. Several make a composite key, in the order of the fields |
/// | `#[column = "name"]` | the column's name; by default the field's |
/// | `#[created_at]` | the time of the insert, unless it is set already |
/// | `#[updated_at]` | the time of the last write |
/// | `#[version]` | an integer that every write counts up: the optimistic lock |
/// | `#[soft_delete]` | an `Option` of a time: `destroy` sets it, and queries leave out rows that have it |
/// | `#[skip]` | no column; `Default` when a record is loaded |
/// | `#[flatten]` | the columns of a struct with [`#[derive(Embedded)]`](macro@Embedded); `#[flatten(prefix = "home_")]` puts this before their names |
///
/// # The plural
///
/// `user` → `users`, `category` → `categories`, `day` → `days`, `box` → `boxes`, `status` → `statuses`, `batch` → `batches`,
/// `analysis` → `analyses`, `person` → `people` and a few more irregular words; `news`, `metadata` and their like stay. An
/// acronym is one word: `HTTPLog` → `http_logs`. `#[table]` is for everything else.
#[proc_macro_derive(
    ActiveRecord,
    attributes(
        activerecord,
        connection,
        table,
        hooks,
        scope_required,
        primary_key,
        column,
        created_at,
        updated_at,
        version,
        soft_delete,
        skip,
        flatten
    )
)]
pub fn active_record(input: TokenStream) -> TokenStream {
    expand::model(&parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a struct with named fields a set of columns that models embed by `#[flatten]`.
///
/// ```
/// # use activerecord::prelude::*;
/// # use activerecord::query::Predicate;
/// # use chrono::{DateTime, Utc};
/// #[derive(Embedded, Clone, Debug, Default)]
/// struct Address {
///     street: String,
///     city: String,
/// }
///
/// #[derive(Embedded, Clone, Debug, Default)]
/// struct Timestamps {
///     #[created_at]
///     created_at: DateTime<Utc>,
///     #[updated_at]
///     updated_at: DateTime<Utc>,
/// }
///
/// #[derive(ActiveRecord, Clone, Debug, Default)]
/// struct Customer {
///     id: i64,
///     #[flatten(prefix = "home_")]
///     home: Address, // home_street, home_city
///     #[flatten(prefix = "work_")]
///     work: Address, // work_street, work_city
///     #[flatten]
///     times: Timestamps, // created_at, updated_at
/// }
///
/// /// For every model with an address, and for each of its addresses.
/// fn is_in<M>(address: AddressColumns<M>, city: &str) -> Predicate<M> {
///     address.city.eq(city)
/// }
///
/// # async fn example() -> Result<()> {
/// let commuters = Customer::filter(Customer::HOME.city.ne(Customer::WORK.city))
///     .filter(is_in(Customer::WORK, "Telluride"))
///     .order_by(Customer::TIMES.created_at.desc())
///     .all()
///     .await?;
/// # Ok(())
/// # }
/// ```
///
/// The model's constant of the field holds the typed columns, as the fields of a struct that the derive makes: that of
/// `Address` is `AddressColumns<M>`. `to_json` has the columns beside the model's own, by the prefix and the field's name.
///
/// An embedded struct can embed others. Its fields take the attributes of a model's but `#[primary_key]`: the key is the
/// model's own. `#[created_at]` and its like mean what they mean there; a model has one of each at most, embedded ones
/// included. Two columns of one name do not compile. An `Option` of an embedded struct is refused, as its columns are always
/// there: make its fields an `Option`.
#[proc_macro_derive(
    Embedded,
    attributes(activerecord, primary_key, column, created_at, updated_at, version, soft_delete, skip, flatten)
)]
pub fn embedded(input: TokenStream) -> TokenStream {
    expand::embedded(&parse_macro_input!(input as DeriveInput)).into()
}

/// Makes an enum of unit variants the type of a column.
///
/// A variant is stored as text: its name in `snake_case`, or what `#[value = ".."]` on it says. Under `#[repr(i16)]`, or
/// another integer of a fixed size, its number is stored. A stored value without a variant is a `Conversion` error.
///
/// ```
/// # use activerecord::prelude::*;
/// #[derive(ActiveEnum, Clone, Copy, Debug, Default, PartialEq)]
/// enum Status {
///     #[default]
///     Scheduled, // 'scheduled'
///     #[value = "en-route"]
///     EnRoute, // 'en-route'
/// }
/// ```
#[proc_macro_derive(ActiveEnum, attributes(activerecord, value))]
pub fn active_enum(input: TokenStream) -> TokenStream {
    expand::active_enum(&parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a struct hold some of a model's columns, for `select_as`: `#[model(Flight)]` names the model, and the fields its
/// columns by their names as fields there. A field that the model lacks, or has with another type, does not compile.
///
/// ```
/// # use activerecord::prelude::*;
/// # #[derive(ActiveRecord)]
/// # struct Flight { id: i64, delay: Option<i32> }
/// #[derive(Projection)]
/// #[model(Flight)]
/// struct FlightDelay {
///     id: i64,
///     delay: Option<i32>,
/// }
///
/// # async fn example() -> Result<()> {
/// let delays: Vec<FlightDelay> = Flight::query().select_as().all().await?;
/// # Ok(())
/// # }
/// ```
#[proc_macro_derive(Projection, attributes(activerecord, model))]
pub fn projection(input: TokenStream) -> TokenStream {
    expand::projection(&parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a type another name of a model's table, to join the table with itself: `#[alias(Employee)]` names the model. In SQL
/// the name is that of the type, in `snake_case`.
///
/// ```
/// # use activerecord::prelude::*;
/// # #[derive(ActiveRecord)]
/// # struct Employee { id: i64, name: String, manager_id: Option<i64> }
/// #[derive(Alias)]
/// #[alias(Employee)]
/// struct Manager;
///
/// # async fn example() -> Result<()> {
/// let pairs: Vec<(Employee, Option<Employee>)> = Employee::query()
///     .left_join(Manager::column(Employee::ID).eq(Employee::MANAGER_ID))
///     .order_by(Manager::column(Employee::NAME).asc())
///     .all()
///     .await?;
/// # Ok(())
/// # }
/// ```
#[proc_macro_derive(Alias, attributes(activerecord, alias))]
pub fn alias(input: TokenStream) -> TokenStream {
    expand::alias(&parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a struct a common table expression: the rows that a query of one's own makes, under the struct's name in
/// `snake_case`. The fields are the query's columns, in their order, and each gets a typed constant.
///
/// ```
/// # use activerecord::prelude::*;
/// # use activerecord::query::count_rows;
/// # #[derive(ActiveRecord)]
/// # struct Flight { id: i64, carrier: String }
/// #[derive(Cte)]
/// struct Load {
///     carrier: String,
///     flights: u64,
/// }
///
/// # async fn example() -> Result<()> {
/// let loads = Flight::query().group_by(Flight::CARRIER).select((Flight::CARRIER, count_rows()));
/// let busiest: Option<Load> = Load::of(loads).order_by(Load::FLIGHTS.desc()).first().await?;
/// # Ok(())
/// # }
/// ```
///
/// `#[column = "name"]` and `#[skip]` on a field mean what they mean on one of a model.
#[proc_macro_derive(Cte, attributes(activerecord, column, skip))]
pub fn cte(input: TokenStream) -> TokenStream {
    expand::cte(&parse_macro_input!(input as DeriveInput)).into()
}
