import { useQuery } from '@tanstack/react-query';
import { Button, Descriptions, Drawer, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { get } from '../api/client';
import { ErrorView } from '../kit/ErrorView';
import { InstantText } from '../kit/texts';
import { called, type Request } from './api';
import { CarryOutDialog, type Deed, ReasonDialog } from './RequestDialogs';
import { StateTag } from './RequestsPart';

/** One request: what was asked, by when, and what is done about it. */
export function RequestDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation('privacy');
  const [deed, setDeed] = useState<Deed | 'carry_out'>();
  const request = useQuery({
    queryKey: ['privacy', 'request', id],
    queryFn: ({ signal }) => get<Request>(`/privacy/requests/${id}`, undefined, signal),
  });
  const one = request.data;
  const copy = one && (one.kind === 'access' || one.kind === 'portability');
  return (
    <Drawer
      open
      onClose={onClose}
      title={one ? `${called(one.number)} ${t(`kind.${one.kind}`)}` : t('part.requests')}
      styles={{ wrapper: { maxWidth: '100vw', width: 520 } }}
    >
      {request.isError && <ErrorView error={request.error} onRetry={() => request.refetch()} />}
      {request.isPending && <Skeleton active />}
      {one && (
        <>
          <Descriptions
            column={1}
            size="small"
            items={[
              {
                key: 'customer',
                label: t('column.customer'),
                children: <Link to={`/customers/${one.customer_id}?tab=privacy`}>{one.customer_name}</Link>,
              },
              { key: 'state', label: t('column.state'), children: <StateTag request={one} /> },
              {
                key: 'received',
                label: t('column.received'),
                children: (
                  <>
                    <InstantText value={one.received_at} /> · {t(`way.${one.channel}`)}
                  </>
                ),
              },
              { key: 'due', label: t('column.due'), children: <InstantText value={one.due_at} /> },
              ...(one.extension ? [{ key: 'extension', label: t('extended'), children: one.extension }] : []),
              ...(one.words ? [{ key: 'words', label: t('words'), children: one.words }] : []),
              ...(one.identity_check
                ? [{ key: 'check', label: t('identity_check'), children: one.identity_check }]
                : []),
              ...(one.answer ? [{ key: 'answer', label: t('answer'), children: one.answer }] : []),
              ...(one.decided_at
                ? [{ key: 'decided', label: t('decided_at'), children: <InstantText value={one.decided_at} /> }]
                : []),
            ]}
          />
          <p className="pv-what">{t(`what.${one.kind}`)}</p>
          <div className="pv-deeds">
            {copy && (
              <Link to={`/privacy/copies/${one.id}`}>
                <Button>{t('copy.open')}</Button>
              </Link>
            )}
            {one.certificate && (
              <Link to={`/privacy/certificates/${one.id}`}>
                <Button>{t('certificate.open')}</Button>
              </Link>
            )}
            {one.state === 'open' && (
              <>
                <Button type="primary" danger={one.kind === 'erasure'} onClick={() => setDeed('carry_out')}>
                  {t(`do.${one.kind}`)}
                </Button>
                {!one.extension && <Button onClick={() => setDeed('extend')}>{t('deed.extend')}</Button>}
                <Button onClick={() => setDeed('refuse')}>{t('deed.refuse')}</Button>
                <Button onClick={() => setDeed('withdraw')}>{t('deed.withdraw')}</Button>
              </>
            )}
          </div>
          {deed === 'carry_out' && <CarryOutDialog request={one} onClose={() => setDeed(undefined)} />}
          {deed && deed !== 'carry_out' && (
            <ReasonDialog request={one} deed={deed} onClose={() => setDeed(undefined)} />
          )}
        </>
      )}
    </Drawer>
  );
}
