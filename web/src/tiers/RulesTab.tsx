import { Skeleton } from 'antd';
import { ErrorView } from '../kit/ErrorView';
import { useProgramme, useProgrammes } from './api';
import { Editor } from './rules/Editor';
import { Templates } from './rules/Templates';

/** The rules: a template to begin with, then the editor of the draft. */
export default function RulesTab() {
  const programmes = useProgrammes();
  const id = programmes.data?.items[0]?.id;
  const programme = useProgramme(id);
  if (programmes.isError) return <ErrorView error={programmes.error} onRetry={() => programmes.refetch()} />;
  if (programmes.isPending) return <Skeleton active paragraph={{ rows: 8 }} />;
  if (!id) return <Templates />;
  if (programme.isError) return <ErrorView error={programme.error} onRetry={() => programme.refetch()} />;
  if (programme.isPending) return <Skeleton active paragraph={{ rows: 8 }} />;
  return <Editor key={id} programme={programme.data} />;
}
