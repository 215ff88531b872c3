import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { App as AntdApp, ConfigProvider } from 'antd';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { RouterProvider } from 'react-router';
import { onSignedOut } from './api/client';
import { Problem } from './api/problem';
import { antdLocale } from './i18n';
import { router } from './routes';
import { nonce } from './shell/nonce';
import { theme } from './shell/theme';

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      refetchOnWindowFocus: false,
      // The server's "no" stays a no; only a broken line or an overloaded server is asked again.
      retry: (count, error) => count < 2 && error instanceof Problem && (error.status === 0 || error.status >= 502),
    },
  },
});

export function App() {
  useTranslation(); // renders again when the language changes
  useEffect(() => onSignedOut(() => queries.setQueryData(['session'], null)), []);
  return (
    <ConfigProvider theme={theme} locale={antdLocale()} csp={{ nonce }} button={{ autoInsertSpace: false }}>
      <AntdApp>
        <QueryClientProvider client={queries}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </AntdApp>
    </ConfigProvider>
  );
}
