import { Skeleton } from 'antd';
import { ErrorView } from '../kit/ErrorView';
import { useProgramme } from './api';
import { Editor } from './rules/Editor';
import { Templates } from './rules/Templates';
import { useChosen } from './useChosen';

/** The rules: a template to begin with, then the editor of the draft. */
export default function RulesTab() {
  const { programmes, chosen } = useChosen();
  const id = chosen?.id;
  const programme = useProgramme(id);
  if (programmes.isError) return <ErrorView error={programmes.error} onRetry={() => programmes.refetch()} />;
  if (programmes.isPending) return <Skeleton active paragraph={{ rows: 8 }} />;
  if (!id) return <Templates />;
  if (programme.isError) return <ErrorView error={programme.error} onRetry={() => programme.refetch()} />;
  if (programme.isPending) return <Skeleton active paragraph={{ rows: 8 }} />;
  return <Editor key={id} programme={programme.data} />;
}
