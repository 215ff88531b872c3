import { CheckCircleFilled } from '@ant-design/icons';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useSession } from '../api/session';
import { count } from '../kit/format';
import { customersOf, tiers } from '../tiers/links';
import { LinkButton } from '../tiers/parts/LinkButton';

const EVERY = 3_000;

/** An empty system: three steps to the real VIPs, each ticked as soon as it is done, wherever it was done. */
export function FirstSteps({ total }: { total: number }) {
  const { t } = useTranslation('today');
  const { setup } = useSession();
  const queries = useQueryClient();
  useEffect(() => {
    const timer = setInterval(() => {
      void queries.invalidateQueries({ queryKey: ['session'] });
      void queries.invalidateQueries({ queryKey: ['tiering', 'overview'] });
    }, EVERY);
    return () => clearInterval(timer);
  }, [queries]);

  const steps = [
    {
      name: 'import',
      done: setup.orders > 0,
      to: '/customers/imports/new',
      result: t('first.import.done', { customers: count(setup.customers), orders: count(setup.orders) }),
    },
    {
      name: 'ladder',
      done: setup.programme_published,
      to: tiers('rules'),
      result: t('first.ladder.done'),
    },
    {
      name: 'see',
      done: setup.orders > 0 && setup.programme_published && total > 0,
      to: customersOf({ sort: '-score' }),
      result: '',
    },
  ] as const;
  const next = steps.findIndex((step) => !step.done);
  return (
    <ol className="first-steps">
      {steps.map((step, index) => (
        <li key={step.name} className={step.done ? 'done' : index === next ? 'next' : undefined}>
          <span className="first-number">
            {step.done ? <CheckCircleFilled aria-label={t('first.ticked')} /> : <span>{index + 1}</span>}
          </span>
          <h2>{t(`first.${step.name}.title`)}</h2>
          <p aria-live="polite">{step.done && step.result ? step.result : t(`first.${step.name}.note`)}</p>
          <LinkButton
            to={step.to}
            size="large"
            type={index === next ? 'primary' : 'default'}
            disabled={index > next && step.name === 'see'}
          >
            {t(`first.${step.name}.${step.done ? 'again' : 'act'}`)}
          </LinkButton>
        </li>
      ))}
    </ol>
  );
}
