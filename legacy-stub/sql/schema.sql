-- Black Plastic Records. Load into an empty database: schema.sql, then seed.sql
-- 2004-10-30 tm  everything says latin1 now (MySQL 4.1)
-- 2005-02-12 tm  InnoDB, except the search log: nobody would miss it

CREATE TABLE labels (
    id       INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name     VARCHAR(60) NOT NULL,
    homepage VARCHAR(120) NOT NULL DEFAULT ''
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE records (
    sku      INT NOT NULL PRIMARY KEY,
    artist   VARCHAR(80) NOT NULL,
    title    VARCHAR(120) NOT NULL,
    label_id INT DEFAULT NULL,
    year     SMALLINT NOT NULL DEFAULT 0,
    price    DECIMAL(8,2) NOT NULL,
    stock    INT NOT NULL DEFAULT 0,
    added    DATE NOT NULL,
    KEY label_id (label_id)
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE users (
    id       INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    login    VARCHAR(32) NOT NULL,
    password CHAR(13) NOT NULL,           -- crypt()
    name     VARCHAR(80) NOT NULL,
    email    VARCHAR(80) NOT NULL DEFAULT '',
    agent    TINYINT NOT NULL DEFAULT 0,  -- works in the office
    UNIQUE KEY login (login)
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE orders (
    id       INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    user_id  INT NOT NULL,
    placed   DATETIME NOT NULL,
    state    ENUM('open','closed') NOT NULL DEFAULT 'open',
    name     VARCHAR(80) NOT NULL,
    address  VARCHAR(80) NOT NULL,
    city     VARCHAR(80) NOT NULL,
    postcode VARCHAR(80) NOT NULL,
    total    DECIMAL(10,2) NOT NULL DEFAULT 0,
    KEY user_id (user_id)
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE order_lines (
    id       INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    order_id INT NOT NULL,
    sku      INT NOT NULL,
    qty      INT NOT NULL,
    price    DECIMAL(8,2) NOT NULL,
    KEY order_id (order_id)
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE sessions (
    id        CHAR(32) NOT NULL PRIMARY KEY,
    a_session TEXT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

CREATE TABLE searchlog (
    id     INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    at     DATETIME NOT NULL,
    q      VARCHAR(200) NOT NULL,
    hits   INT NOT NULL,
    remote VARCHAR(64) NOT NULL
) ENGINE=MyISAM DEFAULT CHARSET=latin1;
