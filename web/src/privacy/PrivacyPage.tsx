import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import { PageHeader } from '../kit/PageHeader';
import { TabLinks } from '../tiers/parts/TabLinks';
import { RequestsPart } from './RequestsPart';
import { RetentionPart } from './RetentionPart';
import { RulesPart } from './RulesPart';
import { TextsPart } from './TextsPart';
import './privacy.css';

const parts = { requests: RequestsPart, texts: TextsPart, retention: RetentionPart, rules: RulesPart };
type Part = keyof typeof parts;

/** What people ask about their own data, what they agree to, what is forgotten when. */
export default function PrivacyPage() {
  const { t } = useTranslation('privacy');
  const { part } = useParams();
  const here: Part = part && part in parts ? (part as Part) : 'requests';
  const Shown = parts[here];
  return (
    <>
      <PageHeader
        title={t('common:page.privacy')}
        back={{ to: '/settings', label: t('common:room.settings') }}
        note={t('note')}
      />
      <TabLinks
        label={t('common:page.privacy')}
        current={here}
        items={Object.keys(parts).map((key) => ({ key, to: `/settings/privacy/${key}`, label: t(`part.${key}`) }))}
      />
      <div className="pv">
        <Shown />
      </div>
    </>
  );
}
