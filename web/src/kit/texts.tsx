import { EyeOutlined } from '@ant-design/icons';
import { Button, Tooltip } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSessionQuery } from '../api/session';
import { currentLanguage } from '../i18n';
import { dayText, instantText, maskPhone, money, moneyShort, relative } from './format';

function useOrganisation() {
  const { data } = useSessionQuery();
  return { zone: data?.organisation?.time_zone, currency: data?.organisation?.currency ?? 'CNY' };
}

/** An amount in the organisation's currency; `short` for headlines, the whole amount on hover. */
export function Money({
  value,
  short,
  digits,
}: {
  value: string | number | null | undefined;
  short?: boolean;
  digits?: number;
}) {
  const { currency } = useOrganisation();
  const whole = money(value, currency, digits);
  if (!short) return <span className="number">{whole}</span>;
  return (
    <Tooltip title={whole}>
      <span className="number">{moneyShort(value, currency, currentLanguage())}</span>
    </Tooltip>
  );
}

export function DayText({ value }: { value: string | number | null | undefined }) {
  const { zone } = useOrganisation();
  return <span className="number">{dayText(value, zone)}</span>;
}

export function InstantText({ value }: { value: string | number | null | undefined }) {
  const { zone } = useOrganisation();
  return <span className="number">{instantText(value, zone)}</span>;
}

/** `3 天前`, the exact time of the organisation on hover. */
export function RelativeTime({ value }: { value: string | number | null | undefined }) {
  const { zone } = useOrganisation();
  if (value === null || value === undefined) return <span>–</span>;
  return (
    <Tooltip title={instantText(value, zone)}>
      <time className="number" dateTime={String(value)}>
        {relative(value, currentLanguage())}
      </time>
    </Tooltip>
  );
}

/** Masked until the eye is pressed. */
export function PhoneText({ value }: { value: string | null | undefined }) {
  const { t } = useTranslation('kit');
  const [shown, setShown] = useState(false);
  if (!value) return <span>–</span>;
  const masked = maskPhone(value);
  if (shown || masked === value) return <span className="number">{shown ? value.replace(/^\+86/, '') : masked}</span>;
  return (
    <span className="number">
      {masked}
      <Button
        type="text"
        size="small"
        icon={<EyeOutlined />}
        aria-label={t('phone.reveal')}
        onClick={(event) => {
          event.stopPropagation();
          setShown(true);
        }}
      />
    </span>
  );
}
