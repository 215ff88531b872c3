import { Tooltip } from 'antd';
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

/** A phone number for reading: masked unless the server has shown it whole. */
export function PhoneText({ value, whole }: { value: string | null | undefined; whole?: boolean }) {
  if (!value) return <span>–</span>;
  return <span className="number">{whole ? value.replace(/^\+86/, '') : maskPhone(value)}</span>;
}
