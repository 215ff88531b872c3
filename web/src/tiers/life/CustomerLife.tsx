import { useMutation, useQueryClient } from '@tanstack/react-query';
import { App, Button, Popconfirm } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post, remove } from '../../api/client';
import { messageOf } from '../../api/problem';
import { useCan } from '../../api/session';
import { said } from '../../i18n';
import { LevelBadge } from '../../kit/level';
import { DayText } from '../../kit/texts';
import type { Explanation, LevelFace } from '../explain';
import { ConditionList } from '../level/ConditionList';
import type { Layer } from './api';
import { type Answer, DecideDialog } from './DecideDialog';
import { Countdown } from './HeldList';
import { type Face, useFaces } from './useFaces';
import './life.css';

type Kind = 'manual' | 'grant';

const Badge = ({ face }: { face: LevelFace | null | undefined }) => (
  <LevelBadge name={face ? said(face.name) : null} rank={face?.rank ?? null} colour={face?.colour ?? null} />
);

/** How the level is held: until when, what keeps it, the way back, and what people put on top. */
export function CustomerLife({ customerId, explanation }: { customerId: string; explanation: Explanation }) {
  const { t } = useTranslation('tiers');
  const may = useCan()('manage_tiering');
  const { faces } = useFaces();
  const { stage, keep, fallen, pending, layers, days_left } = explanation;
  const observed = stage === 'observation';
  const until = observed ? explanation.observe_until : explanation.keep_until;
  return (
    <>
      {until && (
        <section className={observed ? 'life-card observation' : 'life-card'}>
          <h3>
            {t(observed ? 'life.in_observation' : 'life.held_until')} <DayText value={until} />
            {days_left !== null && days_left !== undefined && <Countdown days={days_left} />}
          </h3>
          {keep && keep.conditions.length > 0 && (
            <>
              <h4>{t(keep.met ? 'life.keep_met' : 'life.keep_missing')}</h4>
              <ConditionList rows={keep.conditions} />
            </>
          )}
          {keep && !keep.met && keep.cheapest && (
            <p className="cheapest-line">
              <strong>{t('life.stay')}</strong>
              {said(keep.cheapest.text)}
            </p>
          )}
        </section>
      )}
      {fallen && (
        <section className="life-card">
          <h3>{t('life.way_back')}</h3>
          <p>
            <Badge face={fallen.level} /> {t('life.fallen_on')} <DayText value={fallen.on} /> · {t('life.back_until')}{' '}
            <DayText value={fallen.until} />
          </p>
          <ul className="missing">
            {fallen.missing.map((row) => (
              <li key={`${row.fact} ${row.threshold}`}>{said(row.text)}</li>
            ))}
          </ul>
          {fallen.cheapest && (
            <p className="cheapest-line">
              <strong>{t('explain.cheapest')}</strong>
              {said(fallen.cheapest.text)}
            </p>
          )}
          <p className="quiet">{t('life.way_back_note')}</p>
        </section>
      )}
      {pending && (
        <section className="life-card">
          <h3>
            {t('life.pending')} <Badge face={pending.level} />
          </h3>
          <p className="quiet">
            {t('life.asked_on')} <DayText value={pending.asked} />
          </p>
        </section>
      )}
      {(may || layers?.manual || layers?.grant) && (
        <section>
          <h3>{t('life.layers')}</h3>
          <ul className="layers">
            {layers?.computed && (
              <li>
                <em>{t('life.computed')}</em> <Badge face={layers.computed} />
              </li>
            )}
            {(['grant', 'manual'] as const).map(
              (kind) =>
                layers?.[kind] && (
                  <li key={kind}>
                    <em>{t(`life.${kind}`)}</em> <Badge face={layers[kind]?.level} />
                    {layers[kind]?.until && (
                      <span>
                        {t('life.until')} <DayText value={layers[kind]?.until} />
                      </span>
                    )}
                    <span className="quiet">{layers[kind]?.reason}</span>
                    {may && <TakeAway customerId={customerId} kind={kind} />}
                  </li>
                ),
            )}
          </ul>
          {may && faces.length > 0 && (
            <div className="life-controls">
              <PutOn customerId={customerId} kind="manual" faces={faces} now={layers?.manual} />
              <PutOn customerId={customerId} kind="grant" faces={faces} now={layers?.grant} />
            </div>
          )}
        </section>
      )}
    </>
  );
}

function useChanged(customerId: string) {
  const queries = useQueryClient();
  return () => {
    void queries.invalidateQueries({ queryKey: ['tiering'] });
    void queries.invalidateQueries({ queryKey: ['customer', customerId] });
    void queries.invalidateQueries({ queryKey: ['list', '/customers'] });
  };
}

/** A level by hand, or one given for a while: why, and until when. */
function PutOn({
  customerId,
  kind,
  faces,
  now,
}: {
  customerId: string;
  kind: Kind;
  faces: Face[];
  now: Layer | null | undefined;
}) {
  const { t } = useTranslation('tiers');
  const { message } = App.useApp();
  const changed = useChanged(customerId);
  const [open, setOpen] = useState(false);
  const put = useMutation({
    mutationFn: (answer: Answer) => post(`/customers/${customerId}/level/${kind}`, answer),
    onSuccess: () => {
      setOpen(false);
      void message.success(t(`life.${kind}_done`));
      changed();
    },
    onError: (error) => void message.error(messageOf(error)),
  });
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t(now ? `life.${kind}_again` : `life.${kind}_put`)}</Button>
      {open && (
        <DecideDialog
          open
          title={t(`life.${kind}_put`)}
          note={t(`life.${kind}_note`)}
          ok={t('common:action.confirm')}
          busy={put.isPending}
          faces={faces}
          level={now?.level?.level_id ?? null}
          until={kind === 'grant' ? 'required' : 'optional'}
          onAnswer={(answer) => put.mutate(answer)}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  );
}

function TakeAway({ customerId, kind }: { customerId: string; kind: Kind }) {
  const { t } = useTranslation('tiers');
  const { message } = App.useApp();
  const changed = useChanged(customerId);
  const take = async () => {
    try {
      await remove(`/customers/${customerId}/level/${kind}`);
      void message.success(t('life.taken'));
      changed();
    } catch (error) {
      void message.error(messageOf(error));
    }
  };
  return (
    <Popconfirm
      title={t(`life.${kind}_take`)}
      description={t('life.take_note')}
      okText={t('life.take')}
      cancelText={t('common:action.back')}
      onConfirm={take}
    >
      <Button size="small" type="link">
        {t('life.take')}
        <span className="visually-hidden">{t(`life.${kind}`)}</span>
      </Button>
    </Popconfirm>
  );
}
