//! The derive macros of `activerecord`. They emit data and small functions; behaviour is in `activerecord-core`.
//!
//! `lib -> attr (attributes, with their spans) -> ast -> check (one function per rule) -> expand (one quote per function)`.
//! After an error, `fallback` runs in place of `expand`.

mod ast;
mod attr;
mod check;
mod ctxt;
mod expand;
mod fallback;
mod names;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Turns a struct with named fields into a model: a value of the struct is a row of a table.
///
/// It implements `Model`, which brings the verbs of the trait `ActiveRecord`, and adds a typed constant for each column:
/// `Flight::DELAY` is a `Column<Flight, Option<i32>>`.
///
/// ```
/// # use activerecord::prelude::*;
/// # use chrono::{DateTime, Utc};
/// #[derive(ActiveRecord, Clone, Debug, Default)]
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
/// # Attributes of the struct
///
/// | attribute | meaning | default |
/// |---|---|---|
/// | `#[connection = "name"]` | the connection outside all scopes | `"primary"` |
/// | `#[table = "name"]` | the table; a schema may precede it: `"audit.events"` | the struct's name in `snake_case`, with the last word in the plural |
/// | `#[hooks]` | the program implements `Hooks` for the model | no hooks |
/// | `#[scope_required]` | using the model outside a connection scope is an error | the connection is used |
/// | `#[activerecord(crate = path)]` | the path of the crate `activerecord` | `::activerecord` |
///
/// ```
/// # use activerecord::prelude::*;
/// #[derive(ActiveRecord)]
/// #[connection = "analytics"]
/// #[table = "audit.events"]
/// #[hooks]
/// struct Event {
///     id: i64,
///     name: String,
/// }
///
/// impl Hooks for Event {
///     fn validate(&self) -> Result<()> {
///         if self.name.is_empty() { Err(Error::invalid("an event has a name")) } else { Ok(()) }
///     }
/// }
/// ```
///
/// ```
/// # use activerecord::prelude::*;
/// #[derive(ActiveRecord)]
/// #[scope_required]
/// struct Invoice {
///     id: i64,
/// }
///
/// # async fn example(tenant: &str) -> Result<()> {
/// let invoices = Invoice::with_connection(tenant, async || Invoice::all().await).await?;
/// # Ok(())
/// # }
/// ```
///
/// # Attributes of a field
///
/// | attribute | meaning | default |
/// |---|---|---|
/// | `#[primary_key]` | the field is the primary key; several such fields are a composite key, in their order | the field `id` |
/// | `#[column = "name"]`, `#[column(name = "name")]` | the name of the column | the name of the field |
/// | `#[column(default)]` | an insert leaves the column out while the field has its `Default`, and reads back what the database supplies | the field's value is inserted |
/// | `#[column(generated)]` | the database computes the column: it is never written, and read back after each write of a record | the field's value is written |
/// | `#[column(stored = "..")]` | how the values are stored where the database has no type for them, such as `blob` for a UUID or `iso` for a time: see `Stored` | as the connection says, or canonical |
/// | `#[created_at]` | an insert stores the time in it, unless it is set | a plain column |
/// | `#[updated_at]` | every write stores the time in it | a plain column |
/// | `#[version]` | an integer that counts the writes: writing an outdated record fails, see `Error::is_stale`. 0 means that the record may be new; `save` does not insert a record with another version | no optimistic lock |
/// | `#[soft_delete]` | an `Option` of a time: `destroy` stores the time in it, `restore` removes it, and queries skip rows that have one. `save` and `update` do not write it | `destroy` deletes the row |
/// | `#[skip]` | the field is not a column; a record that is read has its `Default` | a column |
/// | `#[flatten]` | the field holds the columns of an [`Embedded`](macro@Embedded) struct | one column |
/// | `#[flatten(prefix = "home_")]` | the same, with a prefix to the names of these columns | no prefix |
///
/// ```
/// # use activerecord::prelude::*;
/// # use chrono::{DateTime, Utc};
/// #[derive(ActiveRecord, Clone, Debug, Default)]
/// struct Seat {
///     #[primary_key]
///     row: i32,
///     #[primary_key]
///     letter: String,
///     #[created_at]
///     created_at: DateTime<Utc>,
///     #[version]
///     version: i32,
///     #[soft_delete]
///     deleted_at: Option<DateTime<Utc>>,
///     #[skip]
///     is_selected: bool,
/// }
///
/// # async fn example() -> Result<()> {
/// let mut seat = Seat::find((12, "A".to_owned())).await?;
/// seat.destroy().await?; // sets deleted_at
/// # Ok(())
/// # }
/// ```
///
/// A key of 0, `None` or the nil UUID means that it is not set: the database generates an integer key, and the library a
/// UUID key. A composite key is always set.
///
/// ```
/// # use activerecord::prelude::*;
/// #[derive(ActiveRecord, Clone, Debug, Default)]
/// struct Order {
///     id: i64,
///     price: i32,
///     #[column(default)]
///     status: Option<String>, // status text DEFAULT 'new'
///     #[column(name = "total_price", generated)]
///     total: i32, // total_price integer GENERATED ALWAYS AS (price * 120 / 100) STORED
/// }
///
/// # async fn example() -> Result<()> {
/// let order = Order::create(Order { price: 100, ..Order::default() }).await?;
/// assert_eq!((order.status.as_deref(), order.total), (Some("new"), 120));
/// # Ok(())
/// # }
/// ```
///
/// A field with `#[column(default)]` cannot insert its `Default`, such as 0, `false` or an empty text: make it an `Option`
/// where these are values. `None` then means that it is not set.
///
/// # The name of the table
///
/// The last word takes its English plural: `user` → `users`, `category` → `categories`, `day` → `days`, `box` → `boxes`,
/// `batch` → `batches`, `analysis` → `analyses`, `person` → `people`, and a few more irregular words. `news`, `metadata`,
/// `series` and similar words do not change. An acronym is one word: `HTTPLog` → `http_logs`. Any other name needs `#[table]`.
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

/// Turns a struct with named fields into a set of columns that models embed with `#[flatten]`.
///
/// ```
/// # use activerecord::prelude::*;
/// # use chrono::{DateTime, Utc};
/// use activerecord::query::Predicate;
///
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
/// /// Works for every model with an address, and for each of its addresses.
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
/// The derive adds a struct of typed columns: `AddressColumns<M>` for `Address`. The model's constant for the field is a value
/// of it: `Customer::HOME.city`. In `to_json` the columns stand beside the model's own, under the prefix and the field's name.
///
/// # Attributes
///
/// | attribute | on | meaning | default |
/// |---|---|---|---|
/// | `#[activerecord(crate = path)]` | the struct | the path of the crate `activerecord` | `::activerecord` |
/// | `#[column = "name"]` | a field | the name of the column, without prefix | the name of the field |
/// | `#[column(name = "name", default)]`, `#[column(generated)]` | a field | as in [`ActiveRecord`](macro@ActiveRecord) | the field's value is written |
/// | `#[column(stored = "..")]` | a field | how the values are stored: see [`ActiveRecord`](macro@ActiveRecord) | as the connection says, or canonical |
/// | `#[created_at]`, `#[updated_at]`, `#[version]`, `#[soft_delete]` | a field | as in [`ActiveRecord`](macro@ActiveRecord); a model has at most one of each, embedded ones included | a plain column |
/// | `#[skip]` | a field | the field is not a column; `Default` when it is read | a column |
/// | `#[flatten]`, `#[flatten(prefix = "geo_")]` | a field | the columns of another embedded struct | one column |
///
/// An embedded struct has no primary key, and a model cannot have two columns of one name. A flattened field cannot be an
/// `Option`, because its columns always exist: make the fields of the embedded struct an `Option` instead.
#[proc_macro_derive(
    Embedded,
    attributes(activerecord, primary_key, column, created_at, updated_at, version, soft_delete, skip, flatten)
)]
pub fn embedded(input: TokenStream) -> TokenStream {
    expand::embedded(&parse_macro_input!(input as DeriveInput)).into()
}

/// Turns an enum of unit variants into a column type.
///
/// A variant is stored as text; with `#[repr(i16)]`, or another integer of a fixed size, as its number. Reading a value that
/// no variant has is a `Conversion` error.
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
///
/// #[derive(ActiveEnum, Clone, Copy, Debug, PartialEq)]
/// #[repr(i16)]
/// enum Priority {
///     Low = 10, // 10
///     High = 20, // 20
/// }
/// ```
///
/// # Attributes
///
/// | attribute | on | meaning | default |
/// |---|---|---|---|
/// | `#[repr(i16)]` | the enum | store the number of the variant, as this integer | store text |
/// | `#[value = "text"]` | a variant | the text to store | the variant's name in `snake_case` |
/// | `#[activerecord(crate = path)]` | the enum | the path of the crate `activerecord` | `::activerecord` |
///
/// A variant with a number (`Low = 10`) needs `#[repr]`: without it the number would not be stored.
#[proc_macro_derive(ActiveEnum, attributes(activerecord, value))]
pub fn active_enum(input: TokenStream) -> TokenStream {
    expand::active_enum(&parse_macro_input!(input as DeriveInput)).into()
}

/// Turns a struct with named fields into a selection of a model's columns, for `select_as`.
///
/// Each field has the name and the type of a field of the model; any other field is a compile-time error.
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
///
/// # Attributes of the struct
///
/// | attribute | meaning | default |
/// |---|---|---|
/// | `#[model(Model)]` | the model | required |
/// | `#[activerecord(crate = path)]` | the path of the crate `activerecord` | `::activerecord` |
#[proc_macro_derive(Projection, attributes(activerecord, model))]
pub fn projection(input: TokenStream) -> TokenStream {
    expand::projection(&parse_macro_input!(input as DeriveInput)).into()
}

/// Turns a type into a second name of a model's table, to join the table with itself.
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
///
/// In SQL the name is the type's name in `snake_case`: `manager`.
///
/// # Attributes of the type
///
/// | attribute | meaning | default |
/// |---|---|---|
/// | `#[alias(Model)]` | the model | required |
/// | `#[activerecord(crate = path)]` | the path of the crate `activerecord` | `::activerecord` |
#[proc_macro_derive(Alias, attributes(activerecord, alias))]
pub fn alias(input: TokenStream) -> TokenStream {
    expand::alias(&parse_macro_input!(input as DeriveInput)).into()
}

/// Turns a struct with named fields into a common table expression: the rows of a query, under a name.
///
/// The fields are the query's columns, in their order. Each has a typed constant, as in a model.
///
/// ```
/// # use activerecord::prelude::*;
/// # #[derive(ActiveRecord)]
/// # struct Flight { id: i64, carrier: String }
/// use activerecord::query::count_rows;
///
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
/// In SQL the name is the struct's name in `snake_case`: `load`.
///
/// # Attributes
///
/// | attribute | on | meaning | default |
/// |---|---|---|---|
/// | `#[column = "name"]` | a field | the name of the column | the name of the field |
/// | `#[column(stored = "..")]` | a field | how the values are stored: that of the column that the query selects | as the connection says, or canonical |
/// | `#[skip]` | a field | the field is not a column; `Default` when it is read | a column |
/// | `#[activerecord(crate = path)]` | the struct | the path of the crate `activerecord` | `::activerecord` |
#[proc_macro_derive(Cte, attributes(activerecord, column, skip))]
pub fn cte(input: TokenStream) -> TokenStream {
    expand::cte(&parse_macro_input!(input as DeriveInput)).into()
}
