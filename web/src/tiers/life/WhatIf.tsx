import { useMutation } from '@tanstack/react-query';
import { Button, DatePicker } from 'antd';
import dayjs from 'dayjs';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../../api/client';
import { useSession } from '../../api/session';
import { said } from '../../i18n';
import { ErrorView } from '../../kit/ErrorView';
import { LevelBadge } from '../../kit/level';
import type { Explanation } from '../explain';
import { ConditionList } from '../level/ConditionList';
import { UnitInput } from '../rules/UnitInput';

interface Answer {
  now: Explanation;
  then: Explanation;
}

/** What would become of this customer with one more order. Nothing is written. */
export function WhatIf({ customerId }: { customerId: string }) {
  const { t } = useTranslation('tiers');
  const { today } = useSession();
  const [amount, setAmount] = useState<number | null>(null);
  const [day, setDay] = useState(today);
  const ask = useMutation({
    mutationFn: () =>
      post<Answer>(`/customers/${customerId}/level/what-if`, {
        orders: [{ amount: (amount ?? 0).toFixed(2), day }],
      }),
  });
  const answer = ask.data;
  const same = answer && answer.now.level?.level_id === answer.then.level?.level_id;
  return (
    <section className="explained level-history">
      <h3>{t('life.what_if')}</h3>
      <form
        className="what-if"
        onSubmit={(event) => {
          event.preventDefault();
          if (amount) ask.mutate();
        }}
      >
        <UnitInput unit="money" value={amount} label={t('life.what_if_amount')} onChange={setAmount} />
        <DatePicker
          aria-label={t('life.what_if_day')}
          value={dayjs(day)}
          allowClear={false}
          onChange={(value) => value && setDay(value.format('YYYY-MM-DD'))}
        />
        <Button htmlType="submit" loading={ask.isPending} disabled={!amount}>
          {t('life.what_if_ask')}
        </Button>
      </form>
      {ask.isError && <ErrorView error={ask.error} />}
      <div className="what-if-answer" aria-live="polite">
        {answer && (
          <>
            <p className="line-head">
              <Face side={answer.now} />
              <span aria-hidden>→</span>
              <span className="visually-hidden">{t('changes.to')}</span>
              <Face side={answer.then} />
              <span className="quiet">
                {t('life.what_if_score', { now: answer.now.score.toFixed(1), after: answer.then.score.toFixed(1) })}
              </span>
            </p>
            <p>{t(same ? 'life.what_if_same' : 'life.what_if_changes')}</p>
            <p>{said(answer.then.sentence)}</p>
            {answer.then.conditions.length > 0 && <ConditionList rows={answer.then.conditions} />}
          </>
        )}
      </div>
    </section>
  );
}

const Face = ({ side }: { side: Explanation }) => (
  <LevelBadge
    name={side.level ? said(side.level.name) : null}
    rank={side.level?.rank ?? null}
    colour={side.level?.colour ?? null}
  />
);
