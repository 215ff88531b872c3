-- How near the next level somebody is moves with every threshold, while nothing else about him does. In a narrow table of
-- its own, with only those who are near at all, it is written without touching the wide rows of everyone.
-- Distributed by customer_id. Written by the tiering room only, for the primary programme; absent: 0.
CREATE TABLE customer_potentials (
    customer_id {uuid} NOT NULL,
    potential {real} NOT NULL,
    CONSTRAINT customer_potentials_pk PRIMARY KEY (customer_id)
) {clustered};

INSERT INTO customer_potentials (customer_id, potential)
    SELECT customer_id, potential FROM customers WHERE potential > 0;

ALTER TABLE customers DROP COLUMN potential;
