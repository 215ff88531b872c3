-- Lifetime value: fits of the models, and what each customer is expected to bring.
-- Distributed by customer_id: ltv_values. Reference: ltv_fits.

CREATE TABLE ltv_fits (
    fit_id {uuid} NOT NULL,
    as_of {int} NOT NULL,
    made_by {uuid},
    made_at {int} NOT NULL,
    -- When every customer's figures had been written; none while they are.
    ready_at {int},
    report {json} NOT NULL,
    CONSTRAINT ltv_fits_pk PRIMARY KEY (fit_id)
);
CREATE INDEX ltv_fits_ready ON ltv_fits (ready_at);

-- The latest figures of everyone who has bought. Days are counted from the first purchase.
CREATE TABLE ltv_values (
    customer_id {uuid} NOT NULL,
    fit_id {uuid} NOT NULL,
    frequency {int} NOT NULL,
    recency_days {int} NOT NULL,
    age_days {int} NOT NULL,
    mean_value {real} NOT NULL,
    p_alive {real} NOT NULL,
    purchases {real} NOT NULL,
    discounted {real} NOT NULL,
    order_value {real} NOT NULL,
    ltv {real} NOT NULL,
    CONSTRAINT ltv_values_pk PRIMARY KEY (customer_id)
) {clustered};
CREATE INDEX ltv_values_best ON ltv_values (ltv, customer_id);
