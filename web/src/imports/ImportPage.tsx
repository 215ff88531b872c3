import { useQuery } from '@tanstack/react-query';
import { Skeleton, Steps } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useParams } from 'react-router';
import { get } from '../api/client';
import { ErrorView } from '../kit/ErrorView';
import { PageHeader } from '../kit/PageHeader';
import type { Import, Mapping } from './api';
import { MappingStep } from './MappingStep';
import { PreviewStep } from './PreviewStep';
import { ResultStep } from './ResultStep';
import { RunStep } from './RunStep';
import { UploadStep } from './UploadStep';
import './imports.css';

const live = (state: Import['state'] | undefined) => state === 'running' || state === 'undoing';
const open = (state: Import['state'] | undefined) => state === 'uploaded' || state === 'previewed';

/** The way of one file from upload to result. The server keeps where it stands, so the page can be closed. */
export default function ImportPage() {
  const { id } = useParams();
  const { t } = useTranslation('imports');
  const navigate = useNavigate();
  const [mapping, setMapping] = useState<Mapping>();
  const [previewing, setPreviewing] = useState(false);
  const found = useQuery({
    queryKey: ['import', id],
    queryFn: ({ signal }) => get<Import>(`/imports/${id}`, undefined, signal),
    enabled: !!id,
    refetchInterval: (query) => (live(query.state.data?.state) ? 700 : false),
  });
  const data = found.data;
  const state = data?.state;
  const step = !id ? 0 : open(state) ? (previewing ? 2 : 1) : live(state) ? 3 : 4;

  return (
    <>
      <PageHeader
        back={{ to: '/customers/imports', label: t('common:page.imports') }}
        title={data?.file_name ?? t('common:page.import_new')}
      />
      <Steps
        className="import-steps"
        size="small"
        current={step}
        responsive={false}
        items={(['upload', 'mapping', 'preview', 'run', 'result'] as const).map((name) => ({
          title: t(`step.${name}`),
        }))}
      />
      {!id && <UploadStep onDone={(made) => navigate(`/customers/imports/${made.id}`, { replace: true })} />}
      {id && found.isPending && <Skeleton active />}
      {id && found.isError && <ErrorView error={found.error} onRetry={() => found.refetch()} />}
      {data && open(state) && !previewing && (
        <MappingStep
          found={data}
          mapping={mapping ?? data.mapping ?? data.suggested_mapping ?? undefined}
          onChange={setMapping}
          onNext={(chosen) => {
            setMapping(chosen);
            setPreviewing(true);
          }}
        />
      )}
      {data && open(state) && previewing && mapping && (
        <PreviewStep
          found={data}
          mapping={mapping}
          onBack={() => setPreviewing(false)}
          onStarted={() => void found.refetch()}
        />
      )}
      {data && live(state) && <RunStep found={data} onChanged={() => void found.refetch()} />}
      {data && state && !open(state) && !live(state) && (
        <ResultStep found={data} onChanged={() => void found.refetch()} />
      )}
    </>
  );
}
