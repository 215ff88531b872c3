import { BellFilled, BellOutlined } from '@ant-design/icons';
import { Button, Tooltip } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { setSound, soundOn } from './sound';
import { useLive } from './useLive';

/** Whether news come through, and the sound's switch. The page that shows it is kept up to date by it. */
export function LiveMark() {
  const { t } = useTranslation('desk');
  const on = useLive();
  const [sound, change] = useState(soundOn);
  return (
    <span className="live">
      <span className={`live-dot${on ? ' on' : ''}`} aria-hidden />
      <span role="status">{t(on ? 'live.on' : 'live.off')}</span>
      <Tooltip title={t(sound ? 'live.sound_off' : 'live.sound_on')}>
        <Button
          type="text"
          size="small"
          icon={sound ? <BellFilled /> : <BellOutlined />}
          aria-label={t('live.sound')}
          aria-pressed={sound}
          onClick={() => {
            setSound(!sound);
            change(!sound);
          }}
        />
      </Tooltip>
    </span>
  );
}
