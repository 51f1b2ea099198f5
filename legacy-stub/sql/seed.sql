-- Example data. Plain ASCII on purpose: the umlauts are written as CHAR(0x.. USING latin1),
-- so it does not matter how the client is set up. (tm 2004-11-01)
-- passwords: pete/vinyl mary/shellac office/ledger
SET NAMES latin1;

INSERT INTO labels (id, name, homepage) VALUES
(1, 'One Little Indian', 'http://label1.example.com/'),
(2, 'Bronze', 'http://label2.example.com/'),
(3, 'Fat Cat', 'http://label3.example.com/'),
(4, 'Mute', 'http://label4.example.com/'),
(5, CONCAT('Disques Caf', CHAR(0xE9 USING latin1), ' Noir'), 'http://label5.example.com/'),
(6, 'Loft & Cellar', 'http://label6.example.com/');

INSERT INTO records (sku, artist, title, label_id, year, price, stock, added) VALUES
(1001, CONCAT('Bj', CHAR(0xF6 USING latin1), 'rk'), 'Debut', 1, 1993, 12.99, 14, '2003-01-01'),
(1002, CONCAT('Bj', CHAR(0xF6 USING latin1), 'rk'), 'Post', 1, 1995, 12.99, 9, '2003-06-12'),
(1003, CONCAT('Bj', CHAR(0xF6 USING latin1), 'rk'), 'Homogenic', 1, 1997, 13.49, 6, '2003-11-23'),
(1004, CONCAT('Bj', CHAR(0xF6 USING latin1), 'rk'), 'Vespertine', 1, 2001, 14.99, 11, '2004-04-06'),
(1005, 'The Sugarcubes', 'Life''s Too Good', 1, 1988, 9.99, 4, '2004-09-17'),
(1006, 'Skunk Anansie', 'Stoosh', 1, 1996, 8.50, 7, '2004-02-28'),
(1007, 'Kitchens of Distinction', 'Strange Free World', 1, 1991, 7.99, 2, '2003-07-11'),
(1008, CONCAT('Mot', CHAR(0xF6 USING latin1), 'rhead'), 'Overkill', 2, 1979, 10.99, 8, '2003-12-22'),
(1009, CONCAT('Mot', CHAR(0xF6 USING latin1), 'rhead'), 'Bomber', 2, 1979, 10.99, 5, '2003-05-05'),
(1010, CONCAT('Mot', CHAR(0xF6 USING latin1), 'rhead'), 'Ace of Spades', 2, 1980, 11.49, 12, '2004-10-16'),
(1011, CONCAT('Mot', CHAR(0xF6 USING latin1), 'rhead'), 'No Sleep ''til Hammersmith', 2, 1981, 11.99, 3, '2004-03-27'),
(1012, 'Girlschool', 'Hit and Run', 2, 1981, 8.99, 1, '2004-08-10'),
(1013, 'Uriah Heep', 'Demons and Wizards', 2, 1972, 9.49, 4, '2003-01-21'),
(1014, CONCAT('Sigur R', CHAR(0xF3 USING latin1), 's'), CONCAT(CHAR(0xC1 USING latin1), 'g', CHAR(0xE6 USING latin1), 'tis byrjun'), 3, 1999, 13.99, 10, '2003-06-04'),
(1015, CONCAT('Sigur R', CHAR(0xF3 USING latin1), 's'), '( )', 3, 2002, 14.49, 13, '2003-11-15'),
(1016, CONCAT('m', CHAR(0xFA USING latin1), 'm'), 'Finally We Are No One', 3, 2002, 12.49, 5, '2004-04-26'),
(1017, 'Set Fire to Flames', 'Sings Reign Rebuilder', 3, 2001, 12.99, 2, '2004-09-09'),
(1018, 'Animal Collective', 'Sung Tongs', 3, 2004, 13.49, 6, '2004-02-20'),
(1019, 'David Grubbs', 'Rickets & Scurvy', 3, 2002, 11.99, 3, '2003-07-03'),
(1020, 'Depeche Mode', 'Violator', 4, 1990, 12.99, 15, '2003-12-14'),
(1021, CONCAT('Einst', CHAR(0xFC USING latin1), 'rzende Neubauten'), 'Halber Mensch', 4, 1985, 13.99, 4, '2004-05-25'),
(1022, CONCAT('Einst', CHAR(0xFC USING latin1), 'rzende Neubauten'), CONCAT('Haus der L', CHAR(0xFC USING latin1), 'ge'), 4, 1989, 13.49, 2, '2004-10-08'),
(1023, 'Nick Cave & the Bad Seeds', 'Let Love In', 4, 1994, 11.99, 8, '2004-03-19'),
(1024, 'Yazoo', 'Upstairs at Eric''s', 4, 1982, 7.99, 5, '2003-08-02'),
(1025, 'Laibach', 'Opus Dei', 4, 1987, 10.49, 3, '2003-01-13'),
(1026, 'Goldfrapp', 'Felt Mountain', 4, 2000, 12.49, 7, '2003-06-24'),
(1027, 'Serge & Compagnie', CONCAT('D', CHAR(0xE9 USING latin1), 'j', CHAR(0xE0 USING latin1), ' vu, jamais entendu'), 5, 1998, 15.99, 3, '2004-11-07'),
(1028, CONCAT('Les Abeilles M', CHAR(0xE9 USING latin1), 'caniques'), CONCAT('Cigarettes & caf', CHAR(0xE9 USING latin1)), 5, 2001, 16.49, 2, '2004-04-18'),
(1029, CONCAT('Zo', CHAR(0xEB USING latin1), ' Fran', CHAR(0xE7 USING latin1), 'ois'), CONCAT(CHAR(0xC0 USING latin1), ' bient', CHAR(0xF4 USING latin1), 't'), 5, 2003, 15.49, 6, '2004-09-01'),
(1030, CONCAT('Orchestre du Ch', CHAR(0xE2 USING latin1), 'teau'), CONCAT('Na', CHAR(0xEF USING latin1), 've <live>'), 5, 2000, 14.00, 1, '2003-02-12'),
(1031, CONCAT('Trio Gar', CHAR(0xE7 USING latin1), 'on'), 'Trois fois "oui"', 5, 2002, 15.99, 4, '2003-07-23'),
(1032, CONCAT('Andr', CHAR(0xE9 USING latin1), ' Lef', CHAR(0xE8 USING latin1), 'vre'), CONCAT('Nu', CHAR(0xEE USING latin1), 't blanche'), 5, 1999, 12.00, 0, '2003-12-06'),
(1033, CONCAT('J', CHAR(0xF8 USING latin1), 'rgen & the Fjords'), CONCAT(CHAR(0xD8 USING latin1), 'st for midnatt'), 6, 2002, 11.00, 5, '2004-05-17'),
(1034, CONCAT('Kn', CHAR(0xE4 USING latin1), 'ckebr', CHAR(0xF6 USING latin1), 'd'), CONCAT('Sm', CHAR(0xF6 USING latin1), 'rg', CHAR(0xE5 USING latin1), 'sbord'), 6, 2003, 10.00, 9, '2004-10-28'),
(1035, 'The Attic Four', 'Dust & Needles', 6, 2001, 9.00, 6, '2004-03-11'),
(1036, CONCAT('Queensr', CHAR(0xFF USING latin1), 'che Tribute Band'), 'Empire (again)', 6, 2004, 5.99, 20, '2003-08-22'),
(1037, CONCAT('H', CHAR(0xFC USING latin1), 'sk', CHAR(0xFC USING latin1), ' Don''t'), 'Zen Arcadia', 6, 2003, 8.49, 2, '2003-01-05'),
(1038, CONCAT('Se', CHAR(0xF1 USING latin1), 'or Coconuts'), CONCAT('El Baile Alem', CHAR(0xE1 USING latin1), 'n II'), 6, 2001, 11.49, 3, '2003-06-16'),
(1039, CONCAT('Bl', CHAR(0xFC USING latin1), 'mchen & Gro', CHAR(0xDF USING latin1), 'e'), CONCAT('Stra', CHAR(0xDF USING latin1), 'enmusik'), 6, 2000, 6.66, 1, '2004-11-27'),
(1040, 'The Cellar Tapes', 'Vol. 1: 1/3 & 2/3', 6, 2005, 0.10, 100, '2004-04-10');

INSERT INTO users (id, login, password, name, email, agent) VALUES
(1, 'pete', 'bp4T5dRRxe0VY', 'Pete Whitlock', 'pete@example.com', 0),
(2, 'mary', 'bpv9rASv7hVDU', CONCAT('Mary O''Neill-M', CHAR(0xFC USING latin1), 'ller'), 'mary@example.org', 0),
(3, 'office', 'bpXitwt/cS59E', 'The Office', 'office@example.com', 1);

INSERT INTO orders (id, user_id, placed, state, name, address, city, postcode, total) VALUES
(1, 1, '2003-08-14 19:22:05', 'closed', 'Pete Whitlock', '12 Groove Lane', 'Leeds', 'LS1 4AB', 35.97),
(2, 2, '2003-10-02 08:15:44', 'closed', CONCAT('Mary O''Neill-M', CHAR(0xFC USING latin1), 'ller'), CONCAT('Stra', CHAR(0xDF USING latin1), 'e 7'), CONCAT('M', CHAR(0xFC USING latin1), 'nchen'), '80331', 30.48),
(3, 1, '2003-11-21 21:40:10', 'open', 'Pete Whitlock', '12 Groove Lane', 'Leeds', 'LS1 4AB', 27.48),
(4, 2, '2003-12-05 12:01:59', 'closed', CONCAT('Mary O''Neill-M', CHAR(0xFC USING latin1), 'ller'), CONCAT('Stra', CHAR(0xDF USING latin1), 'e 7'), CONCAT('M', CHAR(0xFC USING latin1), 'nchen'), '80331', 57.48),
(5, 2, '2003-12-19 23:58:30', 'open', CONCAT('Mary O''Neill-M', CHAR(0xFC USING latin1), 'ller'), CONCAT('Stra', CHAR(0xDF USING latin1), 'e 7'), CONCAT('M', CHAR(0xFC USING latin1), 'nchen'), '80331', 14.00);

INSERT INTO order_lines (order_id, sku, qty, price) VALUES
(1, 1001, 1, 12.99),
(1, 1010, 2, 11.49),
(2, 1014, 1, 13.99),
(2, 1028, 1, 16.49),
(3, 1003, 1, 13.49),
(3, 1020, 1, 12.99),
(3, 1040, 10, 0.10),
(4, 1021, 1, 13.99),
(4, 1022, 1, 13.49),
(4, 1034, 3, 10.00),
(5, 1030, 1, 14.00);
