import { useQueryClient } from '@tanstack/react-query';
import { App, Button, Modal, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { patch, post } from '../../api/client';
import { messageOf } from '../../api/problem';
import { useCan } from '../../api/session';
import { said } from '../../i18n';
import { ErrorView } from '../../kit/ErrorView';
import { InstantText } from '../../kit/texts';
import { type ProgrammeLine, useTemplates, type Words } from '../api';
import { tiers } from '../links';
import { Panel } from '../parts/Panel';
import { NameInput } from '../rules/NameInput';
import { useChosen } from '../useChosen';
import { Primary } from './Primary';
import '../rules/rules.css';
import '../simulator/simulator.css';

/** All ladders of the house: brands of a group side by side, one of them in the lists. */
export default function ProgrammesTab() {
  const { t } = useTranslation('tiers');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const may = useCan()('manage_tiering');
  const { programmes, items } = useChosen();
  const [naming, name] = useState<ProgrammeLine>();
  const [making, make] = useState(false);
  const [primary, choose] = useState<ProgrammeLine>();
  if (programmes.isError) return <ErrorView error={programmes.error} onRetry={() => programmes.refetch()} />;
  if (programmes.isPending) return <Skeleton active paragraph={{ rows: 5 }} />;
  const act = async (work: () => Promise<unknown>) => {
    try {
      await work();
      await queries.invalidateQueries({ queryKey: ['tiering'] });
    } catch (error) {
      void message.error(messageOf(error));
    }
  };
  return (
    <Panel
      title={t('programme.title')}
      note={t('programme.note')}
      className="narrow"
      extra={may && <Button onClick={() => make(true)}>{t('programme.new')}</Button>}
    >
      <ul className="tier-lines programmes">
        {items.map((each) => (
          <li key={each.id}>
            <div className="line-head">
              <Link className="who" to={`${tiers()}${each.is_primary ? '' : `?programme=${each.id}`}`}>
                {said(each.name)}
              </Link>
              {each.is_primary && <span className="version-state published">{t('programme.primary')}</span>}
              {each.archived_at && <span className="version-state retired">{t('programme.archived')}</span>}
              {!each.published && <span className="version-state retired">{t('programme.draft')}</span>}
              <span className="when">
                {each.evaluated_at && (
                  <>
                    {t('as_of.evaluated')} <InstantText value={each.evaluated_at} />
                  </>
                )}
              </span>
            </div>
            {may && (
              <div className="version-actions">
                <Button size="small" onClick={() => name(each)}>
                  {t('programme.rename')}
                </Button>
                {!each.is_primary && each.published && !each.archived_at && (
                  <Button size="small" onClick={() => choose(each)}>
                    {t('programme.make_primary')}
                  </Button>
                )}
                {!each.is_primary &&
                  (each.archived_at ? (
                    <Button
                      size="small"
                      onClick={() => void act(() => post(`/tiering/programmes/${each.id}/unarchive`))}
                    >
                      {t('programme.unarchive')}
                    </Button>
                  ) : (
                    <Button size="small" onClick={() => void act(() => post(`/tiering/programmes/${each.id}/archive`))}>
                      {t('programme.archive')}
                    </Button>
                  ))}
              </div>
            )}
          </li>
        ))}
      </ul>
      {naming && (
        <Rename
          programme={naming}
          onClose={() => name(undefined)}
          onSave={(to) => act(() => patch(`/tiering/programmes/${naming.id}`, { name: to }))}
        />
      )}
      {making && (
        <NewProgramme
          onClose={() => make(false)}
          onMake={(to, template) => act(() => post('/tiering/programmes', { name: to, template }))}
        />
      )}
      {primary && <Primary programme={primary} onClose={() => choose(undefined)} />}
    </Panel>
  );
}

function Rename({
  programme,
  onClose,
  onSave,
}: {
  programme: ProgrammeLine;
  onClose: () => void;
  onSave: (name: Words) => Promise<void>;
}) {
  const { t } = useTranslation('tiers');
  const [name, setName] = useState(programme.name);
  return (
    <Modal
      open
      title={t('programme.rename')}
      onCancel={onClose}
      okButtonProps={{ disabled: !name.zh.trim() || !name.en.trim() }}
      onOk={() => void onSave(name).then(onClose)}
    >
      <NameInput name={name} label={t('programme.which')} onChange={setName} />
    </Modal>
  );
}

function NewProgramme({
  onClose,
  onMake,
}: {
  onClose: () => void;
  onMake: (name: Words, template: string) => Promise<void>;
}) {
  const { t } = useTranslation('tiers');
  const templates = useTemplates();
  const [name, setName] = useState<Words>({ zh: '', en: '' });
  const [template, setTemplate] = useState('own_data');
  return (
    <Modal
      open
      title={t('programme.new')}
      onCancel={onClose}
      okText={t('programme.create')}
      okButtonProps={{ disabled: !name.zh.trim() }}
      onOk={() => void onMake({ zh: name.zh, en: name.en.trim() || name.zh }, template).then(onClose)}
    >
      <p className="quiet">{t('programme.new_note')}</p>
      <NameInput name={name} label={t('programme.which')} onChange={setName} />
      <div className="template-choices" role="radiogroup" aria-label={t('templates.title')}>
        {templates.data?.map((each) => (
          <label key={each.id} className={template === each.id ? 'chosen' : undefined}>
            <input type="radio" name="template" checked={template === each.id} onChange={() => setTemplate(each.id)} />
            <strong>{said(each.name)}</strong>
            <span className="quiet">{said(each.description)}</span>
          </label>
        ))}
      </div>
    </Modal>
  );
}
