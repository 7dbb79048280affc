-- source: mysql mariadb
-- trait: Employees and countries: composite keys with dates, ENUM, CHAR keys of three letters, floats with two digits.
-- exact: all
-- args: --batch 40
CREATE TABLE employees (emp_no int PRIMARY KEY, birth_date date NOT NULL, gender enum('M', 'F') NOT NULL, hire_date date NOT NULL);
CREATE TABLE salaries (emp_no int NOT NULL, salary int NOT NULL, from_date date NOT NULL, to_date date NOT NULL, PRIMARY KEY (emp_no, from_date), FOREIGN KEY (emp_no) REFERENCES employees (emp_no) ON DELETE CASCADE);
CREATE TABLE titles (emp_no int NOT NULL, title varchar(50) NOT NULL, from_date date NOT NULL, to_date date, PRIMARY KEY (emp_no, title, from_date));
CREATE TABLE country (code char(3) NOT NULL DEFAULT '' PRIMARY KEY, name char(52) NOT NULL, continent enum('Asia', 'Europe', 'North America') NOT NULL, area decimal(10,2) NOT NULL, expectancy decimal(3,1), gnp float(10,2), capital int);
CREATE TABLE country_language (code char(3) NOT NULL, language char(30) NOT NULL, official enum('T', 'F') NOT NULL DEFAULT 'F', percentage float(4,1) NOT NULL DEFAULT 0.0, PRIMARY KEY (code, language));
INSERT INTO employees WITH RECURSIVE g(i) AS (SELECT 10001 UNION ALL SELECT i + 1 FROM g WHERE i < 10100) SELECT i, '1953-09-02' + INTERVAL i % 400 DAY, ELT(1 + i % 2, 'M', 'F'), '1986-06-26' + INTERVAL i % 90 DAY FROM g;
INSERT INTO salaries SELECT e.emp_no, 60117 + y.d, '1986-06-26' + INTERVAL y.d YEAR, IF(y.d = 3, '9999-01-01', '1987-06-26' + INTERVAL y.d YEAR) FROM employees e, (SELECT 0 d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3) y;
INSERT INTO titles SELECT emp_no, ELT(1 + emp_no % 3, 'Senior Engineer', 'staff', 'Engineer'), from_date, IF(salary % 2, to_date, NULL) FROM salaries;
INSERT INTO country VALUES ('NLD', 'Nederland', 'Europe', 41526.00, 78.3, 371362.00, 5), ('ATF', 'Sud', 'Asia', 7780.00, NULL, 0.00, NULL), ('CIV', 'Côte', 'North America', 322463.12, 45.2, 11345.55, 1);
INSERT INTO country_language VALUES ('NLD', 'Fries', 'F', 3.7), ('NLD', 'Nederlands', 'T', 95.6), ('CIV', '[South]', 'F', 0.1);
