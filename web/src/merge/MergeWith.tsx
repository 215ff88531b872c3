import { Button, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { said } from '../i18n';
import { CustomerChoice } from '../service/desk/CustomerChoice';
import { useAlike } from './api';
import { MergeDialog } from './MergeDialog';
import './merge.css';

/** Merge with another customer: found by search, or one of those who are alike. */
export default function MergeWith({ id, name, onClose }: { id: string; name: string; onClose: () => void }) {
  const { t } = useTranslation('merge');
  const navigate = useNavigate();
  const [picked, pick] = useState<string>();
  const [other, choose] = useState<string>();
  const alike = useAlike(id, true).data ?? [];
  if (other) {
    return (
      <MergeDialog
        first={id}
        second={other}
        onClose={onClose}
        onDone={(kept) => {
          onClose();
          if (kept !== id) navigate(`/customers/${kept}`);
        }}
      />
    );
  }
  return (
    <Modal
      open
      title={t('with.title', { name })}
      onCancel={onClose}
      onOk={() => choose(picked)}
      okText={t('with.next')}
      okButtonProps={{ disabled: !picked || picked === id }}
    >
      <label htmlFor="merge-with" className="quiet">
        {t('with.label')}
      </label>
      <div className="mg-choice">
        <CustomerChoice id="merge-with" value={picked} onChange={pick} />
      </div>
      {picked === id && <p className="mg-bad">{t('with.itself')}</p>}
      {alike.length > 0 && (
        <>
          <p className="quiet">{t('with.alike')}</p>
          <ul className="mg-list">
            {alike.slice(0, 5).map((pair) => (
              <li key={pair.other}>
                <Button type="link" size="small" onClick={() => choose(pair.other)}>
                  {pair.other_name}
                </Button>
                <span className="quiet">{pair.why.map((why) => said(why)).join(' · ')}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </Modal>
  );
}
