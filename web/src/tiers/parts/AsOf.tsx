import { CalendarOutlined } from '@ant-design/icons';
import { Button, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCan, useSession } from '../../api/session';
import { InstantText } from '../../kit/texts';
import { EvaluationForm } from './EvaluationForm';

interface Props {
  asOf: string | null | undefined;
  evaluatedAt: string | null | undefined;
}

/** The day that all numbers are as of, and the way to another one. */
export function AsOf({ asOf, evaluatedAt }: Props) {
  const { t } = useTranslation('tiers');
  const { organisation } = useSession();
  const may = useCan()('manage_tiering');
  const [open, setOpen] = useState(false);
  if (!asOf) return null;
  const text = organisation.as_of ? t('as_of.pinned', { day: asOf }) : t('as_of.today', { day: asOf });
  return (
    <div className="tier-as-of">
      {may ? (
        <Button icon={<CalendarOutlined />} onClick={() => setOpen(true)} aria-haspopup="dialog">
          {text}
        </Button>
      ) : (
        <span>{text}</span>
      )}
      {evaluatedAt && (
        <span className="quiet">
          {t('as_of.evaluated')} <InstantText value={evaluatedAt} />
        </span>
      )}
      <Modal
        open={open}
        onCancel={() => setOpen(false)}
        title={t('evaluation.title')}
        footer={null}
        destroyOnHidden
        width={460}
      >
        <EvaluationForm onDone={() => setOpen(false)} />
      </Modal>
    </div>
  );
}
