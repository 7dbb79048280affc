-- source: sqlite
-- trait: A trading company: names with blanks, text keys, pictures, dates as texts, a tree, prices in NUMERIC.
-- exact: all
CREATE TABLE Categories (CategoryID integer PRIMARY KEY AUTOINCREMENT, CategoryName text, Description text, Picture blob);
CREATE TABLE Customers (CustomerID text PRIMARY KEY, CompanyName text, PostalCode text);
CREATE TABLE Employees (EmployeeID integer PRIMARY KEY, LastName text, BirthDate date, Photo blob, ReportsTo integer REFERENCES Employees (EmployeeID));
CREATE TABLE Orders (OrderID integer NOT NULL PRIMARY KEY AUTOINCREMENT, CustomerID text REFERENCES Customers, OrderDate datetime, ShippedDate datetime, Freight numeric DEFAULT 0);
CREATE TABLE "Order Details" (OrderID integer NOT NULL, ProductID integer NOT NULL, UnitPrice numeric NOT NULL DEFAULT 0, Quantity integer NOT NULL DEFAULT 1, Discount real NOT NULL DEFAULT 0, PRIMARY KEY (OrderID, ProductID), CHECK (Discount >= 0), FOREIGN KEY (OrderID) REFERENCES Orders);
INSERT INTO Categories VALUES (1, 'Drinks', 'Tea, coffee', x'ffd8ffe0'), (2, 'Spreads & Sauces', NULL, NULL);
INSERT INTO Customers VALUES ('ALPHA', 'Alpha & Söhne', '01067'), ('alpha', 'another one', 'WX1 5LT'), ('OMEG ', 'blank', NULL);
INSERT INTO Employees VALUES (1, 'Eins', '1968-12-08', NULL, 2), (2, 'Zwei', '1952-02-19', x'00', NULL);
INSERT INTO Orders VALUES (10248, 'ALPHA', '2016-07-04 10:00:00', NULL, 32.38), (10249, 'alpha', '2016-07-05 00:00:00', '2016-07-10 12:00:00', 11), (10250, NULL, NULL, NULL, 0.1);
INSERT INTO "Order Details" VALUES (10248, 1, 14, 12, 0), (10248, 2, 9.8, 10, 0.15), (10249, 1, 34.8, 5, 0.05);
